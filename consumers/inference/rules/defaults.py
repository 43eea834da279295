"""Ready-made recipes: what a factory would start from, and the space a search tunes them in."""

from collections.abc import Mapping
from importlib import resources
from typing import Final, Literal

import msgspec

from consumers.inference.errors import RecipeError
from consumers.inference.rules.measures import Measure
from consumers.inference.rules.recipe import Recipe, decode_recipe

RecipeName = Literal["surface", "presence"]
RECIPES: Final[tuple[RecipeName, ...]] = ("surface", "presence")


def default_recipe(name: RecipeName, classes: Mapping[str, str] | None = None) -> Recipe:
    """Return a ready-made recipe.

    `surface` scores `scratch` and `spot` (working picture about 224 pixels wide); `presence` scores `missing`, by dark
    discs of 10 pixels (about 300 wide). `classes` renames: {"missing": "missing_screw"}.
    """
    if name not in RECIPES:
        raise RecipeError(f"no recipe {name!r}; there are {', '.join(RECIPES)}")
    content = resources.files(__package__).joinpath("recipes", f"{name}.json").read_bytes()
    return renamed(decode_recipe(content), classes or {})


def renamed(recipe: Recipe, classes: Mapping[str, str]) -> Recipe:
    """Return the recipe with classes renamed; RecipeError when one is not scored by it."""
    if unknown := set(classes) - set(recipe.class_names):
        raise RecipeError(f"the recipe scores {list(recipe.class_names)}, not {sorted(unknown)}")
    steps = tuple(
        msgspec.structs.replace(step, class_name=classes.get(step.class_name, step.class_name))
        if isinstance(step, Measure)
        else step
        for step in recipe.steps
    )
    return msgspec.structs.replace(recipe, steps=steps)
