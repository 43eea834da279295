"""Images as a browser shows them: passed on as captured, or shrunk, converted and with boxes drawn.

People see what the model sees: EXIF orientation is dropped (boxes are pixels as stored, a browser would turn the image
under them), 16-bit samples keep their upper 8 bits.
"""

import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import cv2
import numpy as np

from consumers.inference.decode import decode
from consumers.inference.errors import DecodeError
from consumers.inference.picture import Pixels, as_pixels
from producers.errors import HeaderError
from producers.sources.headers import ImageHeader, read_header
from schemas.records import Box

SMALLEST_WIDTH: Final = 16
LARGEST_WIDTH: Final = 4096
_QUALITY: Final = 85  # of thumbnails: artefacts below what a thumbnail shows anyway
_AS_THEY_ARE: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
_END: Final = {"image/jpeg": b"\xff\xd9", "image/png": b"IEND\xaeB`\x82"}
_JPEG_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_TAIL: Final = 65536  # bytes searched for the end marker: cameras append their own data behind it
_REDUCED: Final = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}
# A picture of 200 million pixels takes 600 MB while it is decoded; a request more waits.
_DECODING: Final = threading.BoundedSemaphore(2)

_WHITE: Final = (255, 255, 255)
_DARK: Final = (20, 20, 20)
_LINE: Final = 2  # pixels of a box's line, whatever the image's size
_HALO: Final = 6  # pixels of the dark line below it
_GAP: Final = 4  # pixels between a box and its label


@dataclass(frozen=True, slots=True)
class Rendering:
    """How an image is wanted: `width` pixels wide at most (None: as captured), with boxes drawn on it."""

    width: int | None = None
    boxes: tuple[Box, ...] = ()

    @property
    def changes_pixels(self) -> bool:
        return self.width is not None or bool(self.boxes)

    def tag(self, digest: str) -> str:
        """The entity tag (RFC 9110) of the image with this sha256, rendered so: safe in headers and file names."""
        width = "" if self.width is None else f"-{self.width}"
        drawn = "|".join(f"{b.label},{b.x},{b.y},{b.w},{b.h},{b.score}" for b in self.boxes)
        return digest + width + (f"-{sha256(drawn.encode()).hexdigest()[:16]}" if drawn else "")


@dataclass(frozen=True, slots=True)
class ShownImage:
    """Bytes that a browser shows, and their media type."""

    data: bytes
    content_type: str


def render(data: bytes, rendering: Rendering, maximum_pixels: int) -> ShownImage:
    """The image in `data` as `rendering` wants it.

    As captured: JPEG, PNG and WebP keep their bytes (less their orientation), other formats become PNG. With a width or
    boxes: JPEG. DecodeError says why the bytes are no usable picture.
    """
    header = _header(data, maximum_pixels)
    if rendering.changes_pixels:
        with _DECODING:
            return ShownImage(_drawn(data, header, rendering, maximum_pixels), "image/jpeg")
    upright = _without_orientation(data, header)
    if upright is not None:
        return ShownImage(upright, header.content_type)
    with _DECODING:
        pixels = decode(data, maximum_pixels=maximum_pixels).pixels
        # Level 1: three times faster than the default for a few per cent more bytes.
        return ShownImage(_encoded(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1]), "image/png")


def _header(data: bytes, maximum_pixels: int) -> ImageHeader:
    try:
        header = read_header(data)
    except HeaderError as error:
        raise DecodeError(str(error)) from error
    if header.width * header.height > maximum_pixels:
        size = f"{header.width} x {header.height} pixels"
        raise DecodeError(
            f"{header.content_type} of {size}: more than the {maximum_pixels} that image_cap_pixels allows"
        )
    end = _END.get(header.content_type)
    if end is not None and end not in data[-_TAIL:]:
        raise DecodeError(f"{header.content_type} of {len(data)} bytes: cut off, its end marker is missing")
    return header


def _drawn(data: bytes, header: ImageHeader, rendering: Rendering, maximum_pixels: int) -> bytes:
    width = min(rendering.width or header.width, header.width)
    height = max(1, round(header.height * width / header.width))
    pixels = _decoded(data, header, width, maximum_pixels)
    if pixels.ndim == 2:
        pixels = as_pixels(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR))
    if pixels.shape[:2] != (height, width):
        pixels = as_pixels(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))
    draw_boxes(pixels, rendering.boxes, width / header.width, height / header.height)
    return _encoded(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])


def _decoded(data: bytes, header: ImageHeader, width: int, maximum_pixels: int) -> Pixels:
    """Pixels at least `width` wide; a JPEG that is far wider is decoded at 1/2, 1/4 or 1/8 (in the cosine domain)."""
    fitting = [factor for factor in _REDUCED if header.width // factor >= width]
    if header.content_type != "image/jpeg" or not fitting:
        return decode(data, maximum_pixels=maximum_pixels).pixels
    flags = _REDUCED[max(fitting)] | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (cv2.error, MemoryError) as error:
        raise DecodeError(f"JPEG of {len(data)} bytes: OpenCV cannot decode it ({error})") from error
    if pixels is None:
        raise DecodeError(f"JPEG of {len(data)} bytes: cut off or damaged, OpenCV cannot decode it")
    return as_pixels(pixels)


def _encoded(suffix: str, pixels: Pixels, parameters: list[int]) -> bytes:
    done, data = cv2.imencode(suffix, pixels, parameters)
    if not done:
        raise DecodeError(f"a picture of {pixels.shape[1]} x {pixels.shape[0]} pixels can't be encoded as {suffix}")
    return bytes(data.tobytes())


def draw_boxes(pixels: Pixels, boxes: Sequence[Box], scale_x: float = 1.0, scale_y: float = 1.0) -> None:
    """Draw boxes onto uint8 BGR pixels (rows, columns, 3), in place: white lines of 2 px over a dark halo.

    A box's label and score stand outside it: above, else below, right or left of it; only where a box fills the image,
    inside. `scale_*` are drawn pixels per pixel of the image as captured.
    """
    corners = [
        (round(b.x * scale_x), round(b.y * scale_y), round((b.x + b.w) * scale_x), round((b.y + b.h) * scale_y))
        for b in boxes
    ]
    # All halos first: one box's halo must not cross another's line.
    for colour, thickness in ((_DARK, _HALO), (_WHITE, _LINE)):
        for left, top, right, bottom in corners:
            cv2.rectangle(pixels, (left, top), (right - 1, bottom - 1), colour, thickness, cv2.LINE_AA)
    for box, corner in zip(boxes, corners, strict=True):
        text = box.label if box.score is None else f"{box.label} {box.score:.2f}"
        _write(pixels, text, corner)


def _write(pixels: Pixels, text: str, box: tuple[int, int, int, int]) -> None:
    """Write `text` beside a box (left, top, right, bottom), on a dark plate that keeps it readable."""
    size = min(max(12, pixels.shape[1] // 60), 32)
    x0, y0, x1, y1 = cv2.getTextSize((0, 0), text, (0, 0), _font(), size, 500)  # x, y, width, height; y above the line
    left, top = label_place(box, (x1 + 4, y1 + 4), (pixels.shape[1], pixels.shape[0]))
    cv2.rectangle(pixels, (left, top), (left + x1 + 3, top + y1 + 3), _DARK, cv2.FILLED)
    cv2.putText(pixels, text, (left + 2 - x0, top + 2 - y0), _WHITE, _font(), size, 500)


def label_place(box: tuple[int, int, int, int], size: tuple[int, int], image: tuple[int, int]) -> tuple[int, int]:
    """Where the top left corner of a label of `size` (width, height) goes: the first side of the box with room."""
    left, top, right, bottom = box
    (width, height), (image_width, image_height) = size, image
    x = min(max(left, 0), max(image_width - width, 0))
    y = min(max(top, 0), max(image_height - height, 0))
    if top - _GAP - height >= 0:
        return x, top - _GAP - height
    if bottom + _GAP + height <= image_height:
        return x, bottom + _GAP
    if right + _GAP + width <= image_width:
        return right + _GAP, y
    if left - _GAP - width >= 0:
        return left - _GAP - width, y
    return min(x + _GAP, max(image_width - width, 0)), min(y + _GAP, max(image_height - height, 0))


_fonts = threading.local()


def _font() -> Any:
    """OpenCV's own font with Hangul; one a thread, as a FontFace keeps state while it draws."""
    if not hasattr(_fonts, "face"):
        _fonts.face = cv2.FontFace("uni")
    return _fonts.face


def _without_orientation(data: bytes, header: ImageHeader) -> bytes | None:
    """The bytes as they may be served, without what would make a browser turn the image; None: must be re-encoded."""
    if header.content_type not in _AS_THEY_ARE:
        return None
    if header.content_type == "image/jpeg":
        return _jpeg_without_exif(data)
    marker = b"eXIf" if header.content_type == "image/png" else b"EXIF"
    return None if marker in data else data


def _jpeg_without_exif(data: bytes) -> bytes:
    """A JPEG less its EXIF segments (ITU-T T.81 annex B, APP1 that begins with `Exif`): pixels stay as they are."""
    kept, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        if data[at + 1] == 0xFF or data[at + 1] in _JPEG_BARE:  # a fill byte, or a marker without length
            step = 1 if data[at + 1] == 0xFF else 2
            kept.append(data[at : at + step])
            at += step
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if not (data[at + 1] == 0xE1 and data[at + 4 : at + 8] == b"Exif"):
            kept.append(data[at : at + 2 + length])
        at += 2 + length
    return b"".join([*kept, data[at:]]) if len(kept) > 1 else data
