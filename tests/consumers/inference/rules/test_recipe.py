"""Recipes are read from JSON, checked step by step, and changed by name within their space."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.inference.errors import RecipeError
from consumers.inference.rules.defaults import RECIPES, default_recipe
from consumers.inference.rules.measures import Contours
from consumers.inference.rules.recipe import Recipe, decode_recipe, encode_recipe, with_values
from consumers.inference.rules.steps import Blur, Threshold

CONTOURS = {"step": "contours", "class": "spot", "zero_at": 0.0, "one_at": 10.0}


def recipe(*steps: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"steps": list(steps), **more}).encode()


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_survive_their_json(name: Any) -> None:
    one = default_recipe(name)
    assert decode_recipe(encode_recipe(one)) == one


def test_classes_in_order_of_first_mention() -> None:
    other = {**CONTOURS, "class": "dent"}
    assert decode_recipe(recipe(other, CONTOURS, other)).class_names == ("dent", "spot")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a recipe"),
        (b"[]", "not a recipe"),
        (b"\xff", "not a recipe"),
        (b'{"steps": 3}', "not a recipe"),
        (recipe(CONTOURS, format_version=2), "format_version 2"),
        (recipe(CONTOURS, code="x"), "not a recipe"),
        (recipe(), "steps"),
        (recipe(*[{"step": "invert"}] * 200, CONTOURS), "steps"),
        (recipe({"step": "invert"}), "no measure step"),
        (recipe(CONTOURS, {"step": "exec", "code": "import os"}), "step 1: Invalid value 'exec'"),
        (recipe({"step": "blur", "size": "7"}, CONTOURS), "step 0: Expected `int`, got `str` - at `$.size`"),
        (recipe({"step": "blur"}, {"step": "blur", "size": 9999}, CONTOURS), "step 1: Expected `int` <= 399"),
        (recipe({"step": "recall", "name": "mask"}, CONTOURS), "step 0 (recall): nothing is kept as 'mask'"),
        (recipe({**CONTOURS, "of": "mask"}, {"step": "keep", "name": "mask"}), "step 0 (contours): nothing is kept"),
        (recipe({**CONTOURS, "measure": "strength"}), "step 0 (contours): measure strength needs `of`"),
        (recipe({**CONTOURS, "one_at": 0.0}), "step 0 (contours): zero_at and one_at are both 0"),
        (recipe({"step": "normalise", "low": 60, "high": 50}, CONTOURS), "step 0 (normalise): low 60 must be less"),
        (
            recipe(CONTOURS, space=[{"name": "0.x", "low": 0, "high": 1}]),
            "missing required field `step`",
        ),
        (recipe(CONTOURS, space=[{"name": "1.size", "low": 0, "high": 1, "step": 1}]), "parameter '1.size'"),
        (recipe(CONTOURS, space=[{"name": "0.measure", "low": 0, "high": 1, "step": 1}]), "has no number 'measure'"),
        (recipe(CONTOURS, space=[{"name": "0.zero_at", "low": 2, "high": 1, "step": 1}]), "low 2 is above high 1"),
    ],
)
def test_what_is_wrong_is_told_by_step(content: bytes, words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        decode_recipe(content)
    assert words in str(caught.value)


@given(st.binary(max_size=200))
def test_garbage_raises_one_error(content: bytes) -> None:
    with pytest.raises(RecipeError):
        decode_recipe(content)


def changed(recipe: Recipe, **values: float) -> Recipe:
    return with_values(recipe, {name.replace("__", "."): value for name, value in values.items()})


def test_values_are_changed_by_name_and_rounded_where_whole() -> None:
    surface = default_recipe("surface")
    other = with_values(surface, {"0.size": 4.6, "4.deviations": 7.25, "6.zero_at": 11})
    blur, threshold, contours = other.steps[0], other.steps[4], other.steps[6]
    assert isinstance(blur, Blur)
    assert isinstance(threshold, Threshold)
    assert isinstance(contours, Contours)
    assert (blur.size, threshold.deviations, contours.zero_at) == (5, 7.25, 11.0)
    assert surface == default_recipe("surface")
    assert with_values(surface, {}) == surface
    assert (surface.value("0.size"), other.value("6.zero_at")) == (3.0, 11.0)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"0.size": 9999.0}, "step 0 (blur): Expected `int` <= 399"),
        ({"0.method": 1.0}, "has no number 'method'"),
        ({"0.nothing": 1.0}, "has no number 'nothing'"),
        ({"99.size": 1.0}, "'99.size' is not <step index>.<field>"),
        ({"x.size": 1.0}, "'x.size' is not <step index>.<field>"),
        ({"6.zero_at": 140.0}, "zero_at and one_at are both 140"),
    ],
)
def test_values_that_are_not_allowed(values: dict[str, float], words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        with_values(default_recipe("surface"), values)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", RECIPES)
@given(data=st.data())
def test_every_point_of_the_space_is_a_valid_recipe_or_a_flat_ramp(name: Any, data: st.DataObject) -> None:
    one = default_recipe(name)
    values = {}
    for parameter in one.space:
        steps = int((parameter.high - parameter.low) / parameter.step + 1e-9)
        values[parameter.name] = parameter.low + parameter.step * data.draw(st.integers(0, steps))
    try:
        other = with_values(one, values)
    except RecipeError as error:
        other, message = None, str(error)
    if other is None:
        assert "a ramp needs two values" in message
    else:
        assert decode_recipe(encode_recipe(other)) == other
