"""Headers: right on real and drawn images, one clear error on everything else."""

import contextlib
import struct

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import HeaderError
from producers.sources.headers import ImageHeader, read_header
from tests.paths import SHARED_DATA

PICTURE = np.random.default_rng(1).integers(0, 255, (37, 53, 3), dtype=np.uint8)
ENCODED = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".bmp": "image/bmp",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
    ".ppm": "image/x-portable-pixmap",
}
REAL = sorted(path for path in SHARED_DATA.rglob("*") if path.suffix in {".jpg", ".png"})


def encoded(suffix: str, picture: np.ndarray = PICTURE, *options: int) -> bytes:
    done, data = cv2.imencode(suffix, picture, list(options))
    assert done
    return data.tobytes()


@pytest.mark.parametrize(("suffix", "content_type"), ENCODED.items())
def test_each_format_as_opencv_writes_it(suffix: str, content_type: str) -> None:
    assert read_header(encoded(suffix)) == ImageHeader(content_type, 53, 37)


def test_grey_images() -> None:
    grey = PICTURE[..., 0]
    assert read_header(encoded(".pgm", grey)) == ImageHeader("image/x-portable-graymap", 53, 37)
    assert read_header(encoded(".png", grey))[1:] == (53, 37)


def test_progressive_jpeg_and_lossless_webp() -> None:
    assert read_header(encoded(".jpg", PICTURE, cv2.IMWRITE_JPEG_PROGRESSIVE, 1))[1:] == (53, 37)
    assert read_header(encoded(".webp", PICTURE, cv2.IMWRITE_WEBP_QUALITY, 101))[1:] == (53, 37)


@pytest.mark.skipif(not REAL, reason="the shared data sets are not beside the repository")
def test_real_files_agree_with_opencv() -> None:
    wrong = {}
    for path in REAL:
        data = path.read_bytes()
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
        assert picture is not None, path
        if read_header(data)[1:] != (picture.shape[1], picture.shape[0]):
            wrong[path.name] = read_header(data)
    assert not wrong
    assert len(REAL) > 900


def test_a_jpeg_cut_off_behind_its_header_is_still_one() -> None:
    data = encoded(".jpg")
    assert read_header(data[: len(data) // 2]) == ImageHeader("image/jpeg", 53, 37)


def test_a_long_segment_before_the_frame_is_passed_over() -> None:
    data = encoded(".jpg")
    camera_notes = b"\xff\xe1" + struct.pack(">H", 60_002) + b"\xff\xc0" * 30_000
    assert read_header(data[:2] + camera_notes + b"\xff\xff" + data[2:])[1:] == (53, 37)


def bmp(header: bytes) -> bytes:
    return b"BM" + bytes(12) + header + bytes(40)


def tiff(order: str, *entries: tuple[int, int, int], big: bool = False) -> bytes:
    """A TIFF of one directory; each entry is tag, type, value."""
    mark = b"II" if order == "<" else b"MM"
    sizes = {1: "B", 3: "H", 4: "I", 16: "Q"}
    count, entry, room = ("Q", "HHQ", 8) if big else ("H", "HHI", 4)
    head = mark + (struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HI", 42, 8))
    body = b"".join(
        struct.pack(order + entry, tag, kind, 1) + struct.pack(order + sizes[kind], value).ljust(room, b"\0")
        for tag, kind, value in entries
    )
    return head + struct.pack(order + count, len(entries)) + body


@pytest.mark.parametrize(
    "data",
    [
        bmp(struct.pack("<Iii", 40, 53, 37)),
        bmp(struct.pack("<Iii", 124, 53, -37)),
        bmp(struct.pack("<IHH", 12, 53, 37)),
        tiff("<", (254, 4, 0), (256, 3, 53), (257, 3, 37)),
        tiff(">", (256, 3, 53), (257, 4, 37)),
        tiff("<", (256, 16, 53), (257, 3, 37), big=True),
        tiff(">", (257, 1, 37), (256, 16, 53), big=True),
        b"P5\n# a camera\n#another\n53 37\n255\n",
        b"P3 53\t37 255 0 0 0",
        b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (52).to_bytes(3, "little") + (36).to_bytes(3, "little"),
    ],
)
def test_headers_written_by_hand(data: bytes) -> None:
    assert read_header(data)[1:] == (53, 37)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"hello, I am a text", "not an image"),
        (b"GIF89a\x01\x00\x01\x00", "not an image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "cut off"),
        (b"\xff\xd8\xff\xda\x00\x02", "no frame header"),
        (b"\xff\xd8\xff\xe0\x00\x01", "length 1"),
        (b"\xff\xd8\xff\xe0\x00\x02\x00\x00", "no marker"),
        (b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x00\x00\x05", "5 x 0"),
        (b"\x89PNG\r\n\x1a\n", "IHDR"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "cut off"),
        (b"BMW builds cars in Munich.", "BMP header"),
        (tiff("<", (254, 4, 0)), "no width and height"),
        (b"II\x2a\x00\xff\xff\xff\xff", "behind"),
        (b"RIFF\0\0\0\0WEBPALPH", "VP8"),
        (b"P6\nwide high\n", "not readable"),
    ],
)
def test_what_is_no_image_has_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(HeaderError, match=reason):
        read_header(data)


MAGICS = st.sampled_from(
    [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"II\x2a\0", b"MM\0\x2a", b"MM\0\x2b", b"RIFF0000WEBP", b"P5 "]
)


@given(magic=MAGICS, rest=st.binary(max_size=400))
def test_garbage_raises_nothing_else(magic: bytes, rest: bytes) -> None:
    with contextlib.suppress(HeaderError):
        header = read_header(magic + rest)
        assert header.width > 0
        assert header.height > 0


@given(suffix=st.sampled_from(sorted(ENCODED)), data=st.data())
def test_damaged_images_raise_nothing_else(suffix: str, data: st.DataObject) -> None:
    whole = bytearray(encoded(suffix))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, min(len(whole), 600) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(HeaderError):
        read_header(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
