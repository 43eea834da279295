"""The evaluator gives what running the recipe gives, for any values of its space."""

import numpy as np
import pytest

from consumers.inference.errors import RecipeError
from consumers.inference.rules.defaults import default_recipe
from consumers.inference.rules.evaluation import RecipeEvaluator
from consumers.inference.rules.execution import execute
from consumers.inference.rules.recipe import Recipe, with_values
from tests.consumers.inference.artifacts import photo_like

PICTURES = [photo_like(96, 72, seed) for seed in range(5)]


@pytest.mark.parametrize("name", ["surface", "presence"])
def test_scores_are_those_of_plain_runs(name: str) -> None:
    recipe = default_recipe("surface" if name == "surface" else "presence")
    evaluator = RecipeEvaluator(recipe, PICTURES)
    middle = {item.name: (item.low + item.high) / 2 for item in recipe.space}
    for values in ({}, middle):
        changed = with_values(recipe, values)
        expected = [list(execute(changed, picture).scores.values()) for picture in PICTURES]
        assert np.array_equal(evaluator.scores(values), np.array(expected))
        assert evaluator.measured(values).shape == (len(PICTURES), len(recipe.class_names))
    evaluator.close()


def test_steps_before_the_space_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = default_recipe("surface")
    late = Recipe(steps=recipe.steps, space=tuple(item for item in recipe.space if item.name.startswith("6.")))
    evaluator = RecipeEvaluator(late, PICTURES)
    monkeypatch.setattr("consumers.inference.rules.filters.apply_background", _never)
    assert evaluator.scores({"6.zero_at": 5.0}).shape == (5, 2)
    evaluator.close()


def test_values_outside_the_allowed_are_errors() -> None:
    evaluator = RecipeEvaluator(default_recipe("surface"), PICTURES)
    with pytest.raises(RecipeError, match="step 0"):
        evaluator.scores({"0.size": -1})
    evaluator.close()


def test_no_pictures_give_no_rows() -> None:
    evaluator = RecipeEvaluator(default_recipe("presence"), [])
    assert evaluator.scores().shape == (0, 1)
    evaluator.close()


def _never(*_: object) -> None:
    raise AssertionError("this step belongs to what is done once")
