"""Whole recipes on drawn pictures: scores, boxes at the right place, and errors that name the step."""

import json
from typing import Any

import cv2
import numpy as np
import pytest

from consumers.inference.errors import RecipeError
from consumers.inference.picture import Pixels
from consumers.inference.rules.execution import begin, execute, proceed
from consumers.inference.rules.recipe import Recipe, decode_recipe
from tests.consumers.inference.artifacts import plain


def recipe(*steps: dict[str, Any]) -> Recipe:
    return decode_recipe(json.dumps({"steps": list(steps)}).encode())


AREA: dict[str, Any] = {"step": "contours", "class": "spot", "measure": "largest", "zero_at": 0.0, "one_at": 100.0}
MASK: dict[str, Any] = {"step": "threshold", "level": 150.0}


def with_square(side: int = 10) -> Pixels:
    pixels = plain(100, 120, 90)
    pixels[60 : 60 + side, 80 : 80 + side] = 200
    return pixels


def test_scores_values_and_boxes() -> None:
    result = execute(recipe(MASK, AREA), with_square(8))
    assert result.scores == {"spot": 0.64}
    assert result.values == (64.0,)
    box = result.boxes[0]
    assert (box.class_name, box.x, box.y, box.width, box.height, box.score) == ("spot", 80, 60, 8, 8, 0.64)


def test_boxes_are_moved_back_after_crops() -> None:
    crop = {"step": "crop", "x": 0.5, "y": 0.5, "width": 0.5, "height": 0.5}
    result = execute(recipe(crop, crop, MASK, AREA), with_square())
    assert [(box.x, box.y) for box in result.boxes] == []
    result = execute(recipe(crop, MASK, AREA), with_square())
    assert [(box.x, box.y, box.width, box.height) for box in result.boxes] == [(80, 60, 10, 10)]


def test_the_highest_score_of_a_class_counts_and_all_values_are_kept() -> None:
    result = execute(recipe(MASK, AREA, {**AREA, "one_at": 200.0}), with_square())
    assert result.scores == {"spot": 1.0}
    assert result.values == (100.0, 100.0)


def test_kept_pictures_come_back() -> None:
    steps = [
        MASK,
        {"step": "keep", "name": "mask"},
        {"step": "recall"},
        {"step": "intensity", "class": "dull", "measure": "mean", "zero_at": 200.0, "one_at": 100.0},
        {"step": "recall", "name": "mask"},
        AREA,
    ]
    result = execute(recipe(*steps), with_square())
    assert result.scores["spot"] == 1.0
    assert result.scores["dull"] == pytest.approx(0.99, abs=0.02)


def test_combining_with_the_source() -> None:
    steps = [MASK, {"step": "combine", "name": "source", "operation": "and"}, AREA]
    assert execute(recipe(*steps), with_square()).scores == {"spot": 1.0}


def test_pictures_of_other_sizes_cannot_be_combined_and_the_step_is_named() -> None:
    steps = [
        {"step": "crop", "width": 0.5},
        MASK,
        {"step": "combine", "name": "source", "operation": "and"},
        AREA,
    ]
    with pytest.raises(RecipeError, match=r"step 2 \(combine\): 'source' has shape"):
        execute(recipe(*steps), with_square())


@pytest.mark.parametrize("shape", [(90, 120), (90, 120, 1)])
def test_grey_pictures_need_no_channel_step(shape: tuple[int, ...]) -> None:
    grey = np.ascontiguousarray(with_square()[:, :, 0]).reshape(shape)
    assert execute(recipe(MASK, AREA), grey).scores == {"spot": 1.0}


def test_a_run_may_be_split_anywhere() -> None:
    whole = recipe({"step": "blur"}, {"step": "channel"}, MASK, {"step": "keep", "name": "mask"}, AREA)
    expected = execute(whole, with_square())
    for cut in range(len(whole.steps) + 1):
        half = proceed(whole, begin(whole, with_square()), 0, cut)
        for _ in range(2):  # a state may be continued twice
            result = proceed(whole, half, cut, len(whole.steps))
            assert (result.scores, result.boxes) == (expected.scores, expected.boxes)


def test_running_changes_nothing() -> None:
    pixels = with_square()
    before = pixels.copy()
    steps = [{"step": "invert"}, {"step": "border"}, {"step": "morphology", "operation": "open"}, MASK, AREA]
    assert execute(recipe(*steps), pixels).scores == execute(recipe(*steps), pixels).scores
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize(
    "step",
    [
        {"step": "circles", "class": "x", "minimum_radius": 5, "maximum_radius": 15, "one_at": 2.0, "votes": 15},
        {"step": "discs", "class": "x", "radius": 9, "polarity": "bright", "zero_at": 0.5},
        {"step": "places", "class": "x", "places": [{"x": 0.5, "y": 0.5, "radius": 0.05}], "one_at": 200.0},
        {"step": "intensity", "class": "x", "measure": "maximum", "one_at": 200.0},
    ],
)
def test_every_measure_scores(step: dict[str, Any]) -> None:
    pixels = plain(50, 120, 90)
    cv2.circle(pixels, (60, 45), 10, (250, 250, 250), -1, cv2.LINE_AA)
    assert execute(recipe(step), pixels).scores["x"] > 0.4
    assert execute(recipe(step), plain(50, 120, 90)).scores["x"] < 0.4


def test_a_template_step_runs() -> None:
    import base64

    png = base64.b64encode(cv2.imencode(".png", with_square()[50:80, 70:100])[1].tobytes()).decode()
    step = {"step": "template", "class": "x", "png": png, "match": 0.95}
    assert execute(recipe(step), with_square()).scores == {"x": 1.0}
    assert execute(recipe(step), plain(100, 120, 90)).scores == {"x": 0.0}
