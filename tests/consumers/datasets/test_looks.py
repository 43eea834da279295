"""Near-twins look alike, others do not; a look is a function of the pixels."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.datasets.looks import BITS, TWIN_BITS, distances, look_at, look_bits, unpack
from consumers.inference.decode import decode
from tests.consumers.datasets.makers import picture


@pytest.mark.parametrize("quality", [70, 90])
def test_the_same_shot_stored_again_is_a_near_twin(quality: int) -> None:
    for seed in range(20):
        pixels = decode(picture(seed, 320, 200)).pixels
        again = decode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()).pixels
        half = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        look = unpack(look_bits(pixels))
        others = np.stack([unpack(look_bits(np.asarray(one, np.uint8))) for one in (again, half)])
        assert (distances(look, others) <= TWIN_BITS).all()


def test_different_shots_are_none() -> None:
    looks = np.stack([unpack(look_at(picture(seed), 10**6).bits or "") for seed in range(40)])
    for row in range(len(looks)):
        apart = np.delete(distances(looks[row], looks), row)
        assert apart.min() > 2 * TWIN_BITS


@given(rows=st.integers(1, 70), columns=st.integers(1, 70), seed=st.integers(0, 9))
def test_a_look_is_255_bits_of_any_size_and_brightness_changes_none(rows: int, columns: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 200, (rows, columns), dtype=np.uint8)
    bits = look_bits(pixels)
    assert (len(bits), int(bits[-1], 16) & 1) == (64, 0)
    assert int(bits, 16).bit_count() <= BITS // 2 + 1


def test_what_is_no_picture_has_no_look() -> None:
    found = look_at(b"no picture", 10**6)
    assert (found.width, found.height, found.bits) == (0, 0, None)
