"""Each picture step does what its documentation says, and never changes its input."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from consumers.inference.picture import Pixels
from consumers.inference.rules import filters, steps
from tests.consumers.inference.artifacts import photo_like, plain

CASES: list[tuple[Callable[[Any, Pixels], Pixels], steps.Step]] = [
    (filters.apply_channel, steps.Channel(channel="saturation")),
    *((filters.apply_blur, steps.Blur(method=m, size=4)) for m in ("gaussian", "median", "mean", "bilateral")),
    (filters.apply_clahe, steps.Clahe()),
    (filters.apply_normalise, steps.Normalise()),
    *((filters.apply_background, steps.Background(method=m)) for m in ("gaussian", "median", "mean")),
    *((filters.apply_threshold, steps.Threshold(method=m)) for m in ("fixed", "otsu", "adaptive", "deviation")),
    (filters.apply_morphology, steps.Morphology(operation="tophat", size=399)),
    *((filters.apply_edges, steps.Edges(method=m)) for m in ("canny", "sobel", "laplacian")),
    (filters.apply_invert, steps.Invert()),
    (filters.apply_border, steps.Border(margin=3)),
]


@pytest.mark.parametrize(("apply", "step"), CASES)
@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("size", [(64, 48), (1, 1), (3, 200)])
def test_steps_work_on_any_picture_and_leave_it_alone(
    apply: Callable[[Any, Pixels], Pixels], step: steps.Step, size: tuple[int, int], *, grey: bool
) -> None:
    pixels = np.ascontiguousarray(photo_like(*size)[:, :, 1]) if grey else photo_like(*size)
    before = pixels.copy()
    result = apply(step, pixels)
    assert result.dtype == np.uint8
    assert result.shape[:2] == pixels.shape[:2]
    assert np.array_equal(pixels, before)


def test_channels() -> None:
    blue = plain(0)
    blue[:, :, 0] = 200
    assert filters.apply_channel(steps.Channel(channel="blue"), blue).max() == 200
    assert filters.apply_channel(steps.Channel(channel="red"), blue).max() == 0
    assert filters.apply_channel(steps.Channel(channel="hue"), blue)[0, 0] == 120
    assert filters.apply_channel(steps.Channel(channel="saturation"), blue)[0, 0] == 255
    assert filters.apply_channel(steps.Channel(), plain(90))[0, 0] == 90
    assert filters.single_channel(plain(90)).ndim == 2


def grey_with_spot(background: int, spot: int) -> Pixels:
    pixels = np.full((80, 80), background, np.uint8)
    pixels[38:42, 38:42] = spot
    return pixels


@pytest.mark.parametrize(
    ("polarity", "spot", "seen"), [("dark", 60, 40), ("dark", 140, 0), ("bright", 140, 40), ("both", 60, 40)]
)
def test_background_keeps_what_stands_out(polarity: Any, spot: int, seen: int) -> None:
    step = steps.Background(method="median", size=31, polarity=polarity)
    result = filters.apply_background(step, grey_with_spot(100, spot))
    assert result[40, 40] == seen
    assert result[5, 5] == 0


def test_background_is_amplified_by_its_gain_and_cut() -> None:
    step = steps.Background(method="median", size=31, gain=3.0)
    assert filters.apply_background(step, grey_with_spot(100, 140))[40, 40] == 120
    assert filters.apply_background(step, grey_with_spot(100, 220))[40, 40] == 255


@pytest.mark.parametrize(
    "step",
    [
        steps.Threshold(level=150),
        steps.Threshold(method="otsu"),
        steps.Threshold(method="adaptive", size=31, offset=20),
        steps.Threshold(method="deviation", deviations=4),
    ],
)
def test_thresholds_find_a_bright_spot_and_by_the_other_side_a_dark_one(step: steps.Threshold) -> None:
    bright, dark = grey_with_spot(100, 200), grey_with_spot(155, 55)
    mask = filters.apply_threshold(step, bright)
    assert mask[40, 40] == 255
    assert mask[5, 5] == 0
    turned = steps.Threshold(
        method=step.method,
        side="below",
        level=105,
        size=step.size,
        offset=-step.offset,
        deviations=step.deviations,
    )
    mask = filters.apply_threshold(turned, dark)
    assert mask[40, 40] == 255
    assert mask[5, 5] == 0
    assert mask.sum() == 16 * 255


def test_the_deviation_is_robust() -> None:
    random = np.random.default_rng(0)
    noise = np.clip(random.normal(100, 10, (200, 200)), 0, 255).astype(np.uint8)
    noise[:20] = 255  # a tenth of the picture glares
    middle, sigma = filters._median_and_deviation(noise)
    assert middle == pytest.approx(101, abs=1.5)
    assert sigma == pytest.approx(11, abs=2)


def test_normalise_stretches_between_its_percentiles() -> None:
    ramp = np.tile(np.arange(50, 150, dtype=np.uint8), (10, 1))
    result = filters.apply_normalise(steps.Normalise(low=0.0, high=100.0), ramp)
    assert (result.min(), result.max()) == (0, 255)
    assert filters.apply_normalise(steps.Normalise(), plain(90)).max() == 0


def test_border_and_invert() -> None:
    framed = filters.apply_border(steps.Border(margin=5), np.full((20, 30), 9, np.uint8))
    assert framed.sum() == 9 * 10 * 20
    assert filters.apply_border(steps.Border(margin=10), np.full((20, 30), 9, np.uint8)).sum() == 0
    assert filters.apply_invert(steps.Invert(), plain(10)).min() == 245


def test_morphology_and_edges() -> None:
    spot = grey_with_spot(0, 255)
    opened = filters.apply_morphology(steps.Morphology(operation="open", size=7), spot)
    grown = filters.apply_morphology(steps.Morphology(operation="dilate", shape="rectangle", size=3), spot)
    assert (opened.sum(), grown.sum()) == (0, 36 * 255)
    assert filters.apply_edges(steps.Edges(), spot)[38, 37:43].max() == 255
    assert filters.apply_edges(steps.Edges(method="sobel"), plain(50)).max() == 0


@pytest.mark.parametrize(
    ("operation", "expected"),
    [("and", 8), ("or", 14), ("subtract", 0), ("difference", 2), ("minimum", 10), ("maximum", 12)],
)
def test_combinations(operation: Any, expected: int) -> None:
    step = steps.Combine(name="other", operation=operation)
    ten, twelve = np.full((2, 2), 10, np.uint8), np.full((2, 2), 12, np.uint8)
    assert filters.apply_combine(step, ten, twelve)[0, 0] == expected


def test_even_kernels_are_rounded_up() -> None:
    pixels = photo_like()
    four, five = (filters.apply_blur(steps.Blur(method="median", size=size), pixels) for size in (4, 5))
    assert np.array_equal(four, five)
    assert np.array_equal(five, cv2.medianBlur(pixels, 5))
