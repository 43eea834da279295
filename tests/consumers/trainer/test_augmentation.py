"""Augmentation never cuts a defect off, and does nothing when nothing is allowed."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.trainer.augmentation import NO_AUGMENTATION, Augmentation, augment, moved_corners

_STRONG = Augmentation(rotation=90, zoom=0.3, shift=0.3)


def _picture(height: int = 40, width: int = 40) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 255, (height, width, 3)).astype(np.uint8)


@given(st.integers(0, 10_000), st.integers(0, 25), st.integers(0, 25), st.integers(1, 14), st.integers(1, 14))
def test_boxes_stay_inside(seed: int, x: int, y: int, w: int, h: int) -> None:
    boxes = np.array([[x, y, w, h]], np.float32)
    _, matrix = augment(_picture(), boxes, _STRONG, np.random.default_rng(seed))
    corners = moved_corners(matrix, boxes)
    assert corners.min() >= -1
    assert corners.max() <= 40


def test_nothing_allowed_changes_nothing() -> None:
    picture = _picture()
    changed, matrix = augment(picture, np.zeros((0, 4), np.float32), NO_AUGMENTATION, np.random.default_rng(5))
    assert np.array_equal(changed, picture)
    assert np.array_equal(matrix, np.eye(3))


def test_flips_alone_keep_the_picture_upright() -> None:
    how = msgspec.structs.replace(NO_AUGMENTATION, flips=True)
    picture, seen = _picture(), set()
    for seed in range(20):
        changed, _ = augment(picture, np.zeros((0, 4), np.float32), how, np.random.default_rng(seed))
        seen.add((np.array_equal(changed, picture), np.array_equal(changed, picture[:, ::-1])))
    assert seen == {(True, False), (False, True)}


def test_the_matrix_says_where_points_went() -> None:
    picture = np.zeros((41, 41, 3), np.uint8)
    picture[10:13, 30:33] = 255
    how = msgspec.structs.replace(NO_AUGMENTATION, quarter_turns=True, flips=True, shift=0.1)
    for seed in range(8):
        changed, matrix = augment(picture, np.zeros((0, 4), np.float32), how, np.random.default_rng(seed))
        x, y, _ = matrix @ (31, 11, 1)
        assert changed[round(y), round(x), 0] > 200


def test_the_same_generator_gives_the_same_picture() -> None:
    boxes = np.array([[3, 3, 5, 5]], np.float32)
    one, other = (augment(_picture(30, 50), boxes, Augmentation(), np.random.default_rng(7))[0] for _ in range(2))
    assert np.array_equal(one, other)
    assert one.shape == (30, 50, 3)
    assert one.dtype == np.uint8


def test_grey_pictures_keep_their_channel_axis() -> None:
    changed, _ = augment(_picture()[:, :, :1], np.zeros((0, 4), np.float32), Augmentation(), np.random.default_rng(1))
    assert changed.shape == (40, 40, 1)


def test_limits_are_checked_where_they_are_read() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"rotation": 400}', type=Augmentation)
