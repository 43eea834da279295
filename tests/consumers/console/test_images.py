"""Images as browsers show them."""

import struct

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.console.images import Rendering, draw_boxes, label_place, render
from consumers.inference.errors import DecodeError
from consumers.inference.picture import Pixels, as_pixels
from schemas.records import Box

CAP = 10_000_000


def gradient(width: int, height: int) -> Pixels:
    """A picture with another colour in each corner."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0] = np.linspace(0, 255, width, dtype=np.uint8)[None, :]
    picture[..., 1] = np.linspace(0, 255, height, dtype=np.uint8)[:, None]
    picture[..., 2] = 80
    return picture


def encoded(suffix: str, picture: "np.ndarray[tuple[int, ...], np.dtype[np.uint8 | np.uint16]]") -> bytes:
    done, data = cv2.imencode(suffix, picture)
    assert done
    return bytes(data.tobytes())


def pixels_of(data: bytes) -> Pixels:
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return as_pixels(decoded)


def box(x: int, y: int, w: int, h: int, label: str = "scratch", score: float | None = None) -> Box:
    return Box(label=label, x=x, y=y, w=w, h=h, score=score)


@pytest.mark.parametrize(
    ("suffix", "kind"), [(".jpg", "image/jpeg"), (".png", "image/png"), (".webp", "image/webp")], ids=str
)
def test_what_a_browser_shows_keeps_its_bytes(suffix: str, kind: str) -> None:
    data = encoded(suffix, gradient(64, 48))
    shown = render(data, Rendering(), CAP)
    assert (shown.data, shown.content_type) == (data, kind)


@pytest.mark.parametrize("suffix", [".bmp", ".tiff", ".ppm"])
def test_other_formats_become_png_without_a_pixel_changed(suffix: str) -> None:
    picture = gradient(64, 48)
    shown = render(encoded(suffix, picture), Rendering(), CAP)
    assert shown.content_type == "image/png"
    assert np.array_equal(pixels_of(shown.data), picture)


def test_sixteen_bit_samples_keep_their_upper_eight_as_the_model_sees_them() -> None:
    grey = np.linspace(0, 65535, 64 * 48, dtype=np.uint16).reshape(48, 64)
    shown = render(encoded(".tiff", grey), Rendering(), CAP)
    assert shown.content_type == "image/png"
    assert np.abs(pixels_of(shown.data)[..., 0].astype(int) - (grey >> 8).astype(int)).max() <= 1


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".tiff", ".webp"])
@pytest.mark.parametrize("width", [16, 100, 320, 5000])
def test_thumbnails_are_jpeg_never_wider_than_asked_or_than_the_image(suffix: str, width: int) -> None:
    shown = render(encoded(suffix, gradient(1000, 750)), Rendering(width=width), CAP)
    small = pixels_of(shown.data)
    expected = min(width, 1000)
    assert shown.content_type == "image/jpeg"
    assert small.shape[:2] == (round(750 * expected / 1000), expected)
    # The corners kept their colours: right end blue, bottom end green.
    assert small[0, -1, 0] > 200
    assert small[0, 0, 0] < 60
    assert small[-1, 0, 1] > 200
    assert small[0, 0, 1] < 60


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\x00\x00II*\x00" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
    return jpeg[:2] + b"\xff\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def test_a_browser_is_never_told_to_turn_the_image() -> None:
    plain = encoded(".jpg", gradient(64, 48))
    turned = with_orientation(plain, 6)
    assert pixels_of(turned).shape[:2] == (64, 48)  # what a browser would do
    shown = render(turned, Rendering(), CAP)
    assert b"Exif" not in shown.data
    assert np.array_equal(pixels_of(shown.data), pixels_of(plain))
    assert pixels_of(render(turned, Rendering(width=32), CAP).data).shape[:2] == (24, 32)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"<html>not found</html>", "not an image"),
        (encoded(".jpg", gradient(64, 48))[:-40], "cut off"),
        (encoded(".png", gradient(64, 48))[:-40], "cut off"),
        (encoded(".bmp", gradient(64, 48))[:-4000], "cut off or damaged"),
    ],
    ids=["empty", "no image", "cut JPEG", "cut PNG", "cut BMP"],
)
def test_broken_images_are_refused_with_the_reason(data: bytes, said: str) -> None:
    for rendering in (Rendering(), Rendering(width=32)):
        with pytest.raises(DecodeError, match=said):
            render(data, rendering, CAP)


def test_an_image_too_large_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(DecodeError, match=r"64 x 48 pixels: more than the 3071 that image_cap_pixels allows"):
        render(encoded(".jpg", gradient(64, 48)), Rendering(width=16), 64 * 48 - 1)


def test_boxes_are_white_with_a_dark_halo_and_leave_their_inside_alone() -> None:
    picture = np.full((300, 400, 3), 200, np.uint8)
    draw_boxes(picture, [box(100, 100, 120, 80)])
    row = picture[140, :, 0].astype(int)
    assert row[100] > 240  # the left line
    assert row[219] > 240  # the right line: its last pixel lies inside the box
    assert min(row[95:100]) < 60
    assert min(row[220:225]) < 60
    inside = picture[106:174, 106:214]
    assert np.all(inside == 200)


def test_boxes_scale_with_the_image() -> None:
    data = encoded(".png", as_pixels(np.full((800, 1600, 3), 128, np.uint8)))
    shown = pixels_of(render(data, Rendering(width=400, boxes=(box(400, 200, 800, 400),)), CAP).data)
    assert shown[100, 100, 0] > 200
    assert abs(int(shown[100, 200, 0]) - 128) < 90
    assert shown.shape == (200, 400, 3)


def test_a_label_in_korean_is_drawn() -> None:
    one, other = (np.zeros((120, 240, 3), np.uint8) for _ in range(2))
    draw_boxes(one, [box(60, 60, 60, 40, "긁힘", 0.5)])
    draw_boxes(other, [box(60, 60, 60, 40, "찍힘", 0.5)])
    assert one[:54].max() > 200  # above the box
    assert not np.array_equal(one, other)


IMAGE = (640, 480)


@given(st.integers(0, 600), st.integers(0, 440), st.integers(1, 640), st.integers(1, 480), st.integers(10, 200))
def test_a_label_lies_in_the_image_and_outside_the_box_wherever_there_is_room(
    left: int, top: int, width: int, height: int, label_width: int
) -> None:
    right, bottom = min(left + width, IMAGE[0]), min(top + height, IMAGE[1])
    label_height = 20
    x, y = label_place((left, top, right, bottom), (label_width, label_height), IMAGE)
    assert 0 <= x <= IMAGE[0] - label_width
    assert 0 <= y <= IMAGE[1] - label_height
    beside = x + label_width <= left or x >= right or y + label_height <= top or y >= bottom
    room = max(top, IMAGE[1] - bottom) >= label_height + 4 or max(left, IMAGE[0] - right) >= label_width + 4
    assert beside or not room


def test_the_entity_tag_tells_renderings_apart() -> None:
    boxes = (box(1, 2, 3, 4),)
    tags = {
        rendering.tag("a" * 64)
        for rendering in (
            Rendering(),
            Rendering(width=320),
            Rendering(width=321),
            Rendering(boxes=boxes),
            Rendering(width=320, boxes=boxes),
            Rendering(width=320, boxes=(box(1, 2, 3, 5),)),
        )
    }
    assert len(tags) == 6
    assert all(tag.isascii() and tag.replace("-", "").isalnum() for tag in tags)
