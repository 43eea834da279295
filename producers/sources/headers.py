"""Reads format and size off an image's first bytes, without decoding it.

Sources: JPEG ITU-T T.81 annex B; PNG (W3C) 11.2.2; BMP as in the Windows headers BITMAPCOREHEADER and BITMAPINFOHEADER;
TIFF 6.0 section 2 and the BigTIFF design; WebP RFC 9649; Netpbm's PGM and PPM pages.
"""

import re
import struct
from collections.abc import Callable
from typing import Final, NamedTuple

from producers.errors import HeaderError


class ImageHeader(NamedTuple):
    """What the first bytes of an image say."""

    content_type: str  # media type
    width: int  # pixels as stored, at least 1
    height: int  # pixels as stored, at least 1


def read_header(data: bytes) -> ImageHeader:
    """Return format and size of the encoded image `data`, which may be cut off behind its header.

    Raises HeaderError, and nothing else, when the bytes are of no known format or end inside the header.
    """
    if not data:
        raise HeaderError("the file is empty (0 bytes)")
    for magic, content_type, parse in _FORMATS:
        if magic.match(data):
            return _checked(content_type, _parsed(parse, data, content_type))
    raise HeaderError(f"not an image: it starts with {data[:8]!r}; known are JPEG, PNG, BMP, TIFF, WebP, PGM and PPM")


def _parsed(parse: Callable[[bytes], tuple[int, int]], data: bytes, content_type: str) -> tuple[int, int]:
    try:
        return parse(data)
    except (struct.error, IndexError) as error:
        raise HeaderError(f"the {content_type} header is cut off: only {len(data)} bytes are there") from error


def _checked(content_type: str, size: tuple[int, int]) -> ImageHeader:
    width, height = size
    if width < 1 or height < 1:
        raise HeaderError(f"the {content_type} header says {width} x {height} pixels")
    return ImageHeader(content_type, width, height)


# Markers that carry no length: TEM and the restart markers.
_JPEG_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
# Start of frame, any coding process; C4, C8 and CC share the range and are none.
_JPEG_FRAME: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_SCAN_OR_END: Final = frozenset({0xDA, 0xD9})


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while True:
        at = _jpeg_marker(data, at)
        marker = data[at]
        if marker in _JPEG_BARE:
            at += 1
            continue
        if marker in _JPEG_SCAN_OR_END:
            raise HeaderError("the JPEG has no frame header before its pixels")
        if marker in _JPEG_FRAME:
            height, width = struct.unpack_from(">HH", data, at + 4)  # behind marker, length and sample precision
            return width, height
        (length,) = struct.unpack_from(">H", data, at + 1)
        if length < 2:
            raise HeaderError(f"the JPEG segment at byte {at} has length {length}")
        at += 1 + length


def _jpeg_marker(data: bytes, at: int) -> int:
    """Index of the marker code of the segment at `at`: any number of fill bytes FF may precede it."""
    if data[at] != 0xFF:
        raise HeaderError(f"the JPEG has no marker at byte {at} (found 0x{data[at]:02x})")
    while data[at] == 0xFF:
        at += 1
    return at


def _png(data: bytes) -> tuple[int, int]:
    if data[12:16] != b"IHDR":
        raise HeaderError(f"the PNG does not start with IHDR but with {data[12:16]!r}")
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


_BMP_HEADERS: Final = frozenset({40, 52, 56, 64, 108, 124})  # all versions since the first


def _bmp(data: bytes) -> tuple[int, int]:
    (header_size,) = struct.unpack_from("<I", data, 14)
    if header_size == 12:
        width, height = struct.unpack_from("<HH", data, 18)
    elif header_size in _BMP_HEADERS:
        width, height = struct.unpack_from("<ii", data, 18)
    else:
        raise HeaderError(f"the BMP header has size {header_size}; known are 12 and {sorted(_BMP_HEADERS)}")
    return width, abs(height)  # a negative height means rows from the top down


# TIFF field types that a width can have: BYTE, SHORT, LONG, LONG8.
_TIFF_INTEGERS: Final = {1: "B", 3: "H", 4: "I", 16: "Q"}
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257
_TIFF_ENTRIES: Final = 0xFFFF  # what a classic directory can hold; a BigTIFF may claim 2**64 of them


def _tiff(data: bytes) -> tuple[int, int]:
    order = "<" if data[:2] == b"II" else ">"
    if data[2:4] in {b"\x2b\x00", b"\x00\x2b"}:
        (directory,) = struct.unpack_from(order + "Q", data, 8)
        return _tiff_size(data, order, directory, count="Q", entry="HHQ", entry_size=20)
    (directory,) = struct.unpack_from(order + "I", data, 4)
    return _tiff_size(data, order, directory, count="H", entry="HHI", entry_size=12)


def _tiff_size(data: bytes, order: str, directory: int, *, count: str, entry: str, entry_size: int) -> tuple[int, int]:
    if directory >= len(data):
        raise HeaderError(f"the TIFF directory lies at byte {directory}, behind the {len(data)} bytes that are there")
    (entries,) = struct.unpack_from(order + count, data, directory)
    first = directory + struct.calcsize(order + count)
    found: dict[int, int] = {}
    # Entries are sorted by tag, and width and height are among the lowest: what lies behind them need not be there.
    for index in range(min(entries, _TIFF_ENTRIES)):
        at = first + index * entry_size
        tag, kind, _ = struct.unpack_from(order + entry, data, at)
        if tag in {_TIFF_WIDTH, _TIFF_HEIGHT} and kind in _TIFF_INTEGERS:
            (found[tag],) = struct.unpack_from(order + _TIFF_INTEGERS[kind], data, at + struct.calcsize(order + entry))
        if len(found) == 2:
            return found[_TIFF_WIDTH], found[_TIFF_HEIGHT]
    raise HeaderError("the TIFF names no width and height in its first directory")


def _webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(_exactly(data, 24, 3), "little"), 1 + int.from_bytes(_exactly(data, 27, 3), "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF  # the two bits above hold a scaling hint
    raise HeaderError(f"the WebP holds a chunk {kind!r}, not VP8, VP8L or VP8X")


def _exactly(data: bytes, at: int, size: int) -> bytes:
    return bytes(struct.unpack_from(f"{size}s", data, at)[0])


# Magic number, then width and height in decimal; white space and comment lines may stand between.
_NETPBM: Final = re.compile(rb"P[2356](?:\s|#[^\r\n]*[\r\n])+(\d{1,9})(?:\s|#[^\r\n]*[\r\n])+(\d{1,9})\s")
_NETPBM_HEAD: Final = 4096  # comments longer than this are not read: the pattern stays linear in a bounded text


def _netpbm(data: bytes) -> tuple[int, int]:
    match = _NETPBM.match(data[:_NETPBM_HEAD])
    if match is None:
        raise HeaderError(f"the PGM or PPM header is not readable: {data[:16]!r}")
    return int(match[1]), int(match[2])


_FORMATS: Final[tuple[tuple[re.Pattern[bytes], str, Callable[[bytes], tuple[int, int]]], ...]] = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg", _jpeg),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", _png),
    (re.compile(rb"BM"), "image/bmp", _bmp),
    (re.compile(rb"II[\x2a\x2b]\x00|MM\x00[\x2a\x2b]"), "image/tiff", _tiff),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp", _webp),
    (re.compile(rb"P[25][\s#]"), "image/x-portable-graymap", _netpbm),
    (re.compile(rb"P[36][\s#]"), "image/x-portable-pixmap", _netpbm),
)
