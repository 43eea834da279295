"""From boxes to the classes of places."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from consumers.trainer.augmentation import moved_corners
from consumers.trainer.place_targets import UNKNOWN, place_targets


def _targets(*boxes: tuple[float, float, float, float], classes: tuple[int, ...] = (1,)) -> list[list[int]]:
    corners = moved_corners(np.eye(3), np.array(boxes, np.float32).reshape(-1, 4))
    return place_targets(corners, np.array(classes), (64, 64), (4, 4)).tolist()  # type: ignore[no-any-return]


def test_a_box_over_two_places_marks_both() -> None:
    assert _targets((16, 0, 32, 16))[0] == [0, 1, 1, 0]


def test_the_rim_of_a_box_is_unknown() -> None:
    assert _targets((16, 16, 18, 16))[1] == [0, 1, UNKNOWN, 0]


def test_a_box_of_another_thing_counts_as_good() -> None:
    assert _targets((16, 16, 16, 16), classes=(0,)) == [[0] * 4] * 4


def test_no_grid_gives_no_targets() -> None:
    assert place_targets(np.zeros((0, 4, 2)), np.zeros(0, np.int64), (64, 64), (0, 0)).shape == (0, 0)


@given(st.floats(0, 56), st.floats(0, 56), st.floats(2, 8), st.floats(2, 8))
def test_every_box_however_small_marks_a_place(x: float, y: float, w: float, h: float) -> None:
    assert 2 in np.array(_targets((x, y, w, h), classes=(2,)))


def test_a_box_outside_the_picture_marks_nothing() -> None:
    assert _targets((200, 200, 10, 10)) == [[0] * 4] * 4
