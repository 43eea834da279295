"""Each measure gives the number its documentation says, on drawings where it is known."""

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.inference.errors import RecipeError
from consumers.inference.picture import Pixels
from consumers.inference.rules import measuring
from consumers.inference.rules.measures import Circles, Contours, Discs, Intensity, Place, Places, Template
from tests.consumers.inference.artifacts import encoded


def mask() -> Pixels:
    """Draw a square of 10 x 10, a bar of 40 x 4 and a dot."""
    drawn = np.zeros((100, 100), np.uint8)
    drawn[10:20, 10:20] = 255
    drawn[50:54, 30:70] = 255
    drawn[80, 80] = 255
    return drawn


def contours(**limits: Any) -> measuring.Measured:
    strength = limits.pop("strength", None)
    return measuring.measure_contours(Contours(class_name="x", **limits), mask(), strength)


@pytest.mark.parametrize(
    ("limits", "value"),
    [
        ({"measure": "count"}, 3),
        ({"measure": "count", "minimum_area": 2}, 2),
        ({"measure": "count", "maximum_area": 100}, 2),
        ({"measure": "count", "expected": 5}, 2),
        ({"measure": "count", "expected": 2}, 0),
        ({"measure": "area"}, 261),
        ({"measure": "largest"}, 160),
        ({"measure": "largest", "maximum_aspect": 2}, 100),
        ({"measure": "longest"}, 40),
        ({"measure": "longest", "maximum_length": 20}, 10),
        ({"measure": "count", "minimum_aspect": 9}, 1),
        ({"measure": "count", "minimum_length": 5}, 2),
    ],
)
def test_regions(limits: dict[str, Any], value: float) -> None:
    assert contours(**limits).value == pytest.approx(value, abs=0.01)


def test_a_regions_place() -> None:
    spot = contours(minimum_aspect=9).spots[0]
    assert (spot.x, spot.y, spot.width, spot.height) == (30, 50, 40, 4)


def test_aspect_and_fill_follow_turned_regions() -> None:
    drawn = np.zeros((100, 100), np.uint8)
    cv2.line(drawn, (20, 20), (80, 80), 255, 3)
    step = Contours(class_name="x", measure="longest", minimum_aspect=8, minimum_fill=0.6)
    assert measuring.measure_contours(step, drawn, None).value == pytest.approx(87, abs=3)
    ring = np.zeros((100, 100), np.uint8)
    cv2.circle(ring, (50, 50), 30, 255, 2)
    hollow = Contours(class_name="x", measure="count", minimum_fill=0.5)
    assert measuring.measure_contours(hollow, ring, None).value == 0


def test_strength_sums_the_greys_below_a_region() -> None:
    strength = np.full((100, 100), 51, np.uint8)
    assert contours(measure="strength", of="kept", strength=strength).value == pytest.approx(160 / 5)


def test_pure_noise_is_bounded() -> None:
    noise = (np.random.default_rng(0).random((500, 500)) > 0.8).astype(np.uint8) * np.uint8(255)
    step = Contours(class_name="x", measure="count")
    assert measuring.measure_contours(step, noise, None).value <= measuring.MAXIMUM_REGIONS
    assert measuring.measure_contours(step, np.zeros((9, 9), np.uint8), None).value == 0


def holes(count: int, radius: int = 10) -> Pixels:
    """Draw dark discs on a bright gradient."""
    drawn = np.tile(np.linspace(120, 220, 300), (200, 1)).astype(np.uint8)
    for number in range(count):
        cv2.circle(drawn, (50 + 70 * number, 100), radius, 40, -1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(drawn, (5, 5), 0), np.uint8)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_discs_are_counted_whatever_the_light(count: int) -> None:
    step = Discs(class_name="x", radius=10, measure="count")
    for picture in (holes(count), (holes(count) // 3).astype(np.uint8)):
        measured = measuring.measure_discs(step, picture)
        assert measured.value == count
        centres = sorted(spot.x + spot.width / 2 for spot in measured.spots)
        assert centres == pytest.approx([50 + 70 * number for number in range(count)], abs=2)


def test_the_best_disc_and_the_missing_ones() -> None:
    best = Discs(class_name="x", radius=10)
    assert measuring.measure_discs(best, holes(1)).value > 0.9
    assert measuring.measure_discs(best, holes(0)).value < 0.6
    missing = Discs(class_name="x", radius=10, measure="count", expected=4)
    assert measuring.measure_discs(missing, holes(3)).value == 1
    bright = Discs(class_name="x", radius=10, polarity="bright", measure="count")
    assert measuring.measure_discs(bright, cv2.bitwise_not(holes(2)).astype(np.uint8)).value == 2
    assert measuring.measure_discs(best, np.zeros((5, 5), np.uint8)).value == 0


def test_circles_are_counted() -> None:
    step = Circles(class_name="x", minimum_radius=7, maximum_radius=13, distance=30, votes=15)
    assert measuring.measure_circles(step, holes(3)).value == 3
    assert measuring.measure_circles(step, np.zeros((50, 50), np.uint8)).value == 0
    wanted = Circles(class_name="x", minimum_radius=7, maximum_radius=13, distance=30, votes=15, expected=4)
    assert measuring.measure_circles(wanted, holes(3)).value == 1


def test_a_template_is_found_where_it_was_cut() -> None:
    picture = holes(3)
    png = encoded(picture[80:120, 30:70])
    measured = measuring.measure_template(Template(class_name="x", png=png, match=0.9), picture)
    assert measured.value == 3
    assert min((spot.x, spot.y) for spot in measured.spots) == (30, 80)
    assert measuring.measure_template(Template(class_name="x", png=png, measure="best"), picture).value > 0.999
    assert measuring.measure_template(Template(class_name="x", png=png), np.zeros((9, 9), np.uint8)).value == 0


def test_a_template_that_is_no_picture_is_an_error() -> None:
    with pytest.raises(RecipeError, match="no readable picture"):
        measuring.measure_template(Template(class_name="x", png=b"x"), holes(1))


PLACES = (Place(x=50 / 299, y=100 / 199, radius=8 / 300), Place(x=120 / 299, y=100 / 199, radius=8 / 300))


@pytest.mark.parametrize(
    ("measure", "ramp"),
    [("mean", (120.0, 60.0)), ("dark", (0.0, 1.0)), ("bright", (1.0, 0.0)), ("contrast", (-1.0, -60.0))],
)
def test_places_report_the_worst(measure: Any, ramp: tuple[float, float]) -> None:
    step = Places(class_name="x", places=PLACES, measure=measure, level=90.0, zero_at=ramp[0], one_at=ramp[1])
    one_hole = measuring.measure_places(step, holes(1, radius=9))
    assert measuring.ramp(step, one_hole.value) > 0.8
    assert len(one_hole.spots) == 1
    assert abs(one_hole.spots[0].x + 8 - 50) <= 1
    assert measuring.ramp(step, measuring.measure_places(step, holes(0)).value) == 0


def test_places_at_the_edge_of_the_picture() -> None:
    step = Places(class_name="x", places=(Place(x=0, y=1, radius=1),), measure="contrast")
    assert measuring.measure_places(step, np.full((4, 4), 7, np.uint8)).value == 0
    deviation = Places(class_name="x", places=(Place(x=0, y=1, radius=1),), measure="deviation")
    assert measuring.measure_places(deviation, np.full((4, 4), 7, np.uint8)).value == 0


@pytest.mark.parametrize(
    ("measure", "value"), [("mean", 50), ("deviation", 50), ("minimum", 0), ("maximum", 100), ("percentile", 100)]
)
def test_intensity(measure: Any, value: float) -> None:
    half = np.zeros((10, 10), np.uint8)
    half[:, 5:] = 100
    assert measuring.measure_intensity(Intensity(class_name="x", measure=measure), half).value == value


@given(value=st.floats(-1e6, 1e6), zero=st.floats(-1e3, 1e3), width=st.floats(0.01, 1e3), falls=st.booleans())
def test_ramps_rise_from_0_to_1_towards_one_at(value: float, zero: float, width: float, *, falls: bool) -> None:
    one = zero - width if falls else zero + width
    step = Intensity(class_name="x", zero_at=zero, one_at=one)
    further = value + (-width if falls else width)
    assert 0 <= measuring.ramp(step, value) <= measuring.ramp(step, further) <= 1
    assert measuring.ramp(step, zero) == 0
    assert measuring.ramp(step, one) == pytest.approx(1)
