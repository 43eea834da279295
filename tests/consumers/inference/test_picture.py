"""Geometry between a network's input and the image as captured."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from consumers.inference.picture import Geometry, Picture, as_pixels


def test_a_picture_of_pixels_has_their_size() -> None:
    picture = Picture.of(np.zeros((4, 6, 3), np.uint8))
    assert (picture.width, picture.height, picture.reduction) == (6, 4, 1)


def test_as_pixels_is_the_same_array() -> None:
    array = np.zeros((2, 2), np.uint8)
    assert as_pixels(array) is array


def test_a_box_is_moved_and_scaled_back() -> None:
    geometry = Geometry(0.5, 0.25, offset_x=10, offset_y=0, origin_x=100, origin_y=50, width=640, height=480)
    assert geometry.to_captured(20, 5, 10, 10) == (120, 70, 20, 40)


@given(
    st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0.01, 4)
)  # fmt: skip
def test_boxes_always_lie_inside_the_image(x: float, y: float, width: float, height: float, scale: float) -> None:
    geometry = Geometry(scale, scale, offset_x=3, offset_y=4, origin_x=5, origin_y=6, width=300, height=200)
    left, top, wide, high = geometry.to_captured(x, y, width, height)
    assert left >= 0
    assert top >= 0
    assert wide >= 1
    assert high >= 1
    assert left + wide <= 300
    assert top + high <= 200
