"""The ready-made recipes work on the real data they are meant for, untuned."""

import json
from typing import Any

import cv2
import numpy as np
import pytest

from consumers.inference.errors import RecipeError
from consumers.inference.rules.defaults import RECIPES, default_recipe, renamed
from consumers.inference.rules.execution import execute
from tests.paths import SHARED_DATA


def rows(name: str, every: int) -> list[dict[str, Any]]:
    file = SHARED_DATA / name / "annotations.jsonl"
    if not file.is_file():
        pytest.skip("the shared data sets are not here")
    return [json.loads(line) for line in file.read_text().splitlines()[::every]]


@pytest.mark.parametrize("name", RECIPES)
def test_each_has_a_title_and_a_space_that_holds_its_values(name: Any) -> None:
    recipe = default_recipe(name)
    assert recipe.title
    for parameter in recipe.space:
        assert parameter.low <= recipe.value(parameter.name) <= parameter.high


def test_classes_may_be_renamed() -> None:
    assert default_recipe("presence", {"missing": "missing_screw"}).class_names == ("missing_screw",)
    assert renamed(default_recipe("surface"), {"spot": "dent"}).class_names == ("scratch", "dent")
    with pytest.raises(RecipeError, match="not"):
        default_recipe("presence", {"lost": "missing_screw"})
    with pytest.raises(RecipeError, match="no recipe"):
        default_recipe("magic")  # type: ignore[arg-type]


def test_surface_tells_real_scratches_and_spots_from_good_plates() -> None:
    recipe = default_recipe("surface")
    failed: dict[str, list[bool]] = {"good": [], "scratch": [], "spot": []}
    for row in rows("lgp_surface", 4):
        pixels = cv2.imread(str(SHARED_DATA / "lgp_surface" / row["file"]), cv2.IMREAD_GRAYSCALE)
        assert pixels is not None
        failed[row["label"]].append(max(execute(recipe, pixels.astype(np.uint8)).scores.values()) >= 0.5)
    assert np.mean(failed["good"]) <= 0.05
    assert np.mean(failed["scratch"]) >= 0.9
    assert np.mean(failed["spot"]) >= 0.8


def test_presence_sees_every_missing_screw_and_no_other() -> None:
    recipe = default_recipe("presence")
    for row in rows("screws_missing", 4):
        pixels = cv2.imread(str(SHARED_DATA / "screws_missing" / row["file"]))
        assert pixels is not None
        small = cv2.resize(pixels, (304, 400), interpolation=cv2.INTER_AREA).astype(np.uint8)
        result = execute(recipe, small)
        assert (result.scores["missing"] >= 0.5) == (row["label"] == "missing_screw"), row["file"]
