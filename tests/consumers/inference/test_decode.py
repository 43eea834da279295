"""Decoding: whole pictures of every format, and an error for anything less."""

import struct
import zlib
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.inference.decode import MAXIMUM_PIXELS, decode, reduction_for
from consumers.inference.document import ModelDocument, Preprocessing, Region, ResizeMode
from consumers.inference.errors import DecodeError
from consumers.inference.picture import PixelRegion
from consumers.inference.preprocess import Preprocessor
from producers.sources.headers import ImageHeader
from tests.consumers.inference.artifacts import encoded, photo_like, tiny_document
from tests.paths import SHARED_DATA

FORMATS = [".jpg", ".png", ".bmp", ".tiff", ".webp", ".ppm", ".pgm"]
END_OF_JPEG = b"\xff\xd9"


def document(width: int, height: int, resize: ResizeMode = "stretch", colour: str = "rgb") -> ModelDocument:
    plain = tiny_document()
    channels = 1 if colour == "grey" else 3
    return msgspec.structs.replace(
        plain,
        input=msgspec.structs.replace(plain.input, width=width, height=height, channels=channels),
        preprocessing=msgspec.structs.replace(
            plain.preprocessing,
            resize=resize,
            colour=colour,
            mean=(0.0,) * channels,
            scale=(1.0,) * channels,
        ),
    )


def jpeg(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], **options: int) -> bytes:
    flags = [value for name, number in options.items() for value in (getattr(cv2, f"IMWRITE_JPEG_{name}"), number)]
    return encoded(pixels, ".jpg", *flags)


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_decodes_to_bgr(suffix: str) -> None:
    pixels = photo_like(120, 90)
    picture = decode(encoded(pixels if suffix != ".pgm" else pixels[:, :, 0], suffix))
    assert (picture.width, picture.height, picture.reduction) == (120, 90, 1)
    assert picture.pixels.shape == (90, 120, 3)
    assert picture.pixels.dtype == np.uint8
    if suffix in {".png", ".bmp", ".tiff", ".ppm"}:
        assert np.array_equal(picture.pixels, pixels)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("part", [0.0, 0.005, 0.1, 0.5, 0.9, 0.99, 0.9999])
def test_a_cut_off_file_of_any_format_is_an_error(suffix: str, part: float) -> None:
    pixels = photo_like(200, 150)
    content = encoded(pixels if suffix != ".pgm" else pixels[:, :, 0], suffix)
    with pytest.raises(DecodeError):
        decode(content[: int(len(content) * part)])


@pytest.mark.parametrize("options", [{}, {"PROGRESSIVE": 1}, {"OPTIMIZE": 1}, {"RST_INTERVAL": 4}])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("reduced", [False, True])
def test_a_cut_off_jpeg_with_its_end_marker_put_back_is_an_error(
    options: dict[str, int], part: float, *, reduced: bool
) -> None:
    content = jpeg(photo_like(640, 480), **options)
    mended = content[: int(len(content) * part)].rstrip(b"\xff") + END_OF_JPEG
    with pytest.raises(DecodeError, match="cut off"):
        decode(mended, document(96, 96) if reduced else None)


@pytest.mark.parametrize("options", [{}, {"PROGRESSIVE": 1}, {"RST_INTERVAL": 4}])
def test_a_whole_picture_that_ends_in_middle_grey_is_fine(options: dict[str, int]) -> None:
    pixels = photo_like(320, 240)
    pixels[100:] = 128
    assert decode(jpeg(pixels, **options)).pixels[-1, -1].tolist() == [128, 128, 128]
    assert decode(jpeg(pixels, **options) + b"trailing bytes").height == 240


def test_a_cut_tiff_with_its_directory_first_is_an_error() -> None:
    rows, columns = 40, 30
    entries = [(256, columns), (257, rows), (258, 8), (259, 1), (262, 1), (273, 122), (277, 1), (278, rows)]
    entries.append((279, rows * columns))
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    head += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries) + bytes(4)
    content = head + bytes(122 - len(head)) + bytes(range(200)) * 6
    assert decode(content).pixels.shape == (rows, columns, 3)
    with pytest.raises(DecodeError):
        decode(content[:-100])


@pytest.mark.parametrize("content", [b"", b"x", b"hello, this is text", bytes(4096), b"\xff\xd8\xff", b"GIF89a" * 50])
def test_what_is_no_picture_is_an_error(content: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(content)


def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    with pytest.raises(DecodeError, match=f"60000 x 60000 pixels, more than the {MAXIMUM_PIXELS} allowed"):
        decode(bomb)
    with pytest.raises(DecodeError, match="more than the 99 allowed"):
        decode(encoded(photo_like(10, 10)), maximum_pixels=99)


def test_sixteen_bits_keep_their_upper_eight_and_transparency_goes() -> None:
    deep = np.arange(0, 65536, 64, dtype=np.uint16).reshape(32, 32)
    assert np.array_equal(decode(encoded(deep)).pixels[:, :, 1], (deep >> 8).astype(np.uint8))
    seen_through = np.dstack([photo_like(20, 20), np.zeros((20, 20), np.uint8)])
    assert np.array_equal(decode(encoded(seen_through)).pixels, seen_through[:, :, :3])


def test_orientation_tags_are_ignored() -> None:
    plain = jpeg(photo_like(64, 32))
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x0112, 3, 1, 6) + bytes(4)
    turned = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:]
    heeded = cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR)
    assert heeded is not None
    assert heeded.shape == (64, 32, 3)
    assert np.array_equal(decode(turned).pixels, decode(plain).pixels)


def test_a_grey_model_gets_grey_pixels() -> None:
    picture = decode(jpeg(photo_like(64, 48)), document(64, 48, colour="grey"))
    assert picture.pixels.shape == (48, 64)


@pytest.mark.parametrize(
    ("width", "height", "side", "resize", "expected"),
    [
        (4000, 3000, 224, "stretch", 4),  # 3000 / 4 = 750 >= 2 x 224; an eighth would leave 375
        (4000, 3000, 128, "stretch", 8),
        (800, 600, 224, "stretch", 1),
        (900, 900, 224, "stretch", 2),
        (8000, 504, 224, "stretch", 1),  # the short side decides where both are filled
        (8000, 504, 224, "letterbox", 8),  # the long side decides where the picture is fitted in
        (8000, 504, 224, "centre-crop", 1),
        (1000, 1000, 16, "stretch", 2),  # 256 pixels are kept for brightness and blur
        (4002, 3000, 224, "stretch", 2),  # a quarter would leave half a pixel
        (4001, 3000, 224, "stretch", 1),
    ],
)
def test_the_reduction_leaves_twice_what_is_needed(
    width: int, height: int, side: int, resize: ResizeMode, expected: int
) -> None:
    assert reduction_for(ImageHeader("image/jpeg", width, height), document(side, side, resize)) == expected
    assert reduction_for(ImageHeader("image/png", width, height), document(side, side, resize)) == 1


def test_a_region_of_interest_needs_more_pixels() -> None:
    model = document(224, 224)
    close = msgspec.structs.replace(
        model, preprocessing=Preprocessing(region=Region(x=0.25, y=0.25, width=0.25, height=0.25))
    )
    header = ImageHeader("image/jpeg", 4000, 4000)
    assert (reduction_for(header, model), reduction_for(header, close)) == (8, 2)
    assert reduction_for(header, model, PixelRegion(0, 0, 4000, 1000)) == 2
    assert decode(jpeg(photo_like(1024, 1024)), model, region=PixelRegion(0, 0, 448, 448)).reduction == 1


@pytest.mark.parametrize("size", [(1024, 768), (1608, 1208)])
def test_reduced_decoding_hardly_changes_what_the_model_sees(size: tuple[int, int]) -> None:
    model = document(96, 96)
    content = jpeg(photo_like(*size), QUALITY=95)
    reduced, whole = decode(content, model), decode(content)
    assert reduced.reduction > 1
    assert (reduced.width, reduced.height) == size
    one, other = (Preprocessor(model).pixels(picture)[0].astype(int) for picture in (reduced, whole))
    assert np.abs(one - other).mean() < 0.5
    assert np.abs(one - other).max() <= 12


MAGIC = [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"BM", b"II*\0", b"P6\n"]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(MAGIC))
def test_garbage_raises_one_clear_error_or_decodes(content: bytes, magic: bytes) -> None:
    try:
        pixels = decode(magic + content).pixels
    except DecodeError as error:
        pixels, message = None, str(error)
    assert message if pixels is None else pixels.size > 0


@pytest.mark.parametrize("name", ["lgp_surface", "screws_missing", "bsd_pitting", "circuitboard"])
def test_real_images_decode_and_their_halves_do_not(name: str) -> None:
    folder = SHARED_DATA / name / "images"
    files: list[Path] = sorted(folder.glob("*"))[:5] if folder.is_dir() else []
    if not files:
        pytest.skip("the shared data sets are not here")
    for file in files:
        content = file.read_bytes()
        assert decode(content).pixels.std() > 0
        with pytest.raises(DecodeError):
            decode(content[: len(content) // 2])
