"""Brightness, blur and embedding summaries compare across resolutions and machines."""

import cv2
import numpy as np
import pytest

from consumers.inference.appearance import SUMMARY_SIZE, measure_appearance, summarise_embedding
from consumers.inference.picture import Picture
from tests.consumers.inference.artifacts import photo_like, plain


@pytest.mark.parametrize("grey", [0, 77, 255])
def test_an_even_picture_has_its_grey_and_no_detail(grey: int) -> None:
    seen = measure_appearance(Picture.of(plain(grey)))
    assert seen.brightness == grey
    assert seen.blur == 0
    assert seen.tones == (round(grey / 255, 4),) * SUMMARY_SIZE


def test_blurring_lowers_blur_and_keeps_brightness() -> None:
    sharp = photo_like(512, 384)
    soft = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 4), np.uint8)
    one, other = measure_appearance(Picture.of(sharp)), measure_appearance(Picture.of(soft))
    assert other.blur < one.blur / 2
    assert abs(other.brightness - one.brightness) < 1


def test_resolution_does_not_matter() -> None:
    large = np.asarray(cv2.GaussianBlur(photo_like(1024, 768), (0, 0), 4), np.uint8)
    small = np.asarray(cv2.resize(large, (512, 384), interpolation=cv2.INTER_AREA), np.uint8)
    one, other = measure_appearance(Picture.of(large)), measure_appearance(Picture.of(small))
    assert other.blur == pytest.approx(one.blur, rel=0.1)
    assert other.tones == pytest.approx(one.tones, abs=0.01)


def test_tones_lie_row_by_row() -> None:
    pixels = plain(0, 64, 64)
    pixels[:16, 48:] = 255
    assert measure_appearance(Picture.of(pixels)).tones == pytest.approx((0, 0, 0, 1, *(0,) * 12), abs=0.02)


def test_grey_pictures_are_measured_alike() -> None:
    grey = np.asarray(cv2.cvtColor(photo_like(), cv2.COLOR_BGR2GRAY), np.uint8)
    colour = measure_appearance(Picture.of(photo_like()))
    assert measure_appearance(Picture.of(grey)).brightness == pytest.approx(colour.brightness, abs=0.6)


def test_a_summary_keeps_near_things_near() -> None:
    random = np.random.default_rng(0)
    one = random.normal(size=1280).astype(np.float32)
    near = one + random.normal(size=1280).astype(np.float32) * 0.05
    far = random.normal(size=1280).astype(np.float32)
    summaries = [np.array(summarise_embedding(item)) for item in (one, near, far)]
    assert all(len(item) == SUMMARY_SIZE for item in summaries)
    assert np.linalg.norm(summaries[0] - summaries[1]) < np.linalg.norm(summaries[0] - summaries[2]) / 4


def test_a_summary_is_the_same_for_ever_and_scale_free() -> None:
    embedding = np.arange(8, dtype=np.float32)
    assert summarise_embedding(embedding) == summarise_embedding(embedding * 3)
    assert summarise_embedding(np.zeros(8, np.float32)) == (0.0,) * SUMMARY_SIZE
    # Written down once: another number here means that embeddings of different releases no longer compare.
    assert summarise_embedding(np.array([1, 0, 0], np.float32))[:4] == PINNED


PINNED = (-0.25, 0.25, 0.25, 0.25)
