"""The recipes a search starts from when none is named: the ready-made ones, and both in one."""

from collections.abc import Sequence

import msgspec

from consumers.inference.rules.defaults import RECIPES, default_recipe, renamed
from consumers.inference.rules.recipe import Parameter, Recipe
from consumers.inference.rules.steps import Recall


def candidate_recipes(defects: Sequence[str]) -> tuple[Recipe, ...]:
    """The ready-made recipes that score a label of the data set (all of them when none does), and the join of those."""
    made = [default_recipe(name) for name in RECIPES]
    fitting = [recipe for recipe in made if any(_label_for(name, defects) for name in recipe.class_names)] or made
    labelled = tuple(with_labels(recipe, defects) for recipe in fitting)
    return (*labelled, join(labelled)) if len(labelled) > 1 else labelled


def join(recipes: Sequence[Recipe]) -> Recipe:
    """One recipe that runs all of them, each from the working picture; their spaces are joined."""
    steps = list(recipes[0].steps)
    space = list(recipes[0].space)
    for recipe in recipes[1:]:
        steps.append(Recall())
        space += [_shifted(parameter, len(steps)) for parameter in recipe.space]
        steps += recipe.steps
    return Recipe(title="; ".join(recipe.title for recipe in recipes)[:200], steps=tuple(steps), space=tuple(space))


def _shifted(parameter: Parameter, by: int) -> Parameter:
    index, _, field = parameter.name.partition(".")
    return msgspec.structs.replace(parameter, name=f"{int(index) + by}.{field}")


def with_labels(recipe: Recipe, defects: Sequence[str]) -> Recipe:
    """The recipe with each class named after the label it most likely means.

    The label of the same name, else one that starts or ends with it (`missing` is `missing_screw`), else the only
    label there is, else one that no class means yet; else the recipe's own name stays.
    """
    names = {name: _label_for(name, defects) for name in recipe.class_names}
    left = [label for label in defects if label not in names.values()]
    for name, label in names.items():
        if label is None and left:
            names[name] = left.pop(0)
    return renamed(recipe, {name: label for name, label in names.items() if label is not None and label != name})


def _label_for(name: str, defects: Sequence[str]) -> str | None:
    if name in defects:
        return name
    alike = [label for label in defects if label.startswith(name) or label.endswith(name)]
    if alike:
        return alike[0]
    return defects[0] if len(defects) == 1 else None
