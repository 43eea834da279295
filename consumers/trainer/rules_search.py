"""Tunes recipes on training images: seeded random search, then steps round the best, and the honest best is kept.

Rules are the baseline that networks must beat, so they get the same images, the same split and a real search.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from consumers.inference.errors import RecipeError
from consumers.inference.picture import Pixels
from consumers.inference.rules.evaluation import RecipeEvaluator
from consumers.inference.rules.recipe import Parameter, Recipe, with_values
from consumers.trainer.metrics import Truth
from consumers.trainer.rules_objective import Fit, fit_measures, measure_signs

RANDOM_SHARE: Final = 0.5
"""Share of a recipe's trials that are drawn anywhere in its space; the rest are steps round the best so far."""
SCOUTING_SHARE: Final = 0.3
"""Share of all trials spent on choosing among the candidate recipes, evenly."""
_CHANGED: Final = 0.4  # chance that a local step changes a parameter
_RAMPS: Final = ("zero_at", "one_at")


@dataclass(frozen=True, slots=True)
class Trial:
    """One set of values of one recipe, and what it achieved on the training images."""

    recipe: Recipe
    values: dict[str, float]
    fit: Fit


def search(
    candidates: Sequence[Recipe],
    pictures: Sequence[Pixels],
    defective: Truth,
    trials: int,
    seed: int,
    tell: Callable[[int, Trial], None],
    threads: int = 2,
) -> Trial:
    """The best of about `trials` sets of values over all candidate recipes.

    A first share scouts every recipe, the rest goes to the best of them. `tell` hears the number of trials done and
    the best so far. The same seed and images give the same result.
    """
    rng = np.random.default_rng(seed)
    scouting = max(1, round(trials * (SCOUTING_SHARE if len(candidates) > 1 else 1.0) / len(candidates)))
    best: Trial | None = None
    done = 0

    def note(trial: Trial) -> None:
        nonlocal best, done
        done += 1
        best = trial if best is None or trial.fit.value > best.fit.value else best
        tell(done, best)

    for recipe in candidates:
        _explore(recipe, None, pictures, defective, scouting, rng, note, threads)
    if best is None:
        raise RecipeError("no recipe to search")
    if done < trials:
        _explore(best.recipe, best, pictures, defective, trials - done, rng, note, threads)
    return best


def _explore(
    recipe: Recipe,
    start: Trial | None,
    pictures: Sequence[Pixels],
    defective: Truth,
    trials: int,
    rng: np.random.Generator,
    note: Callable[[Trial], None],
    threads: int,
) -> None:
    space = [parameter for parameter in recipe.space if parameter.name.partition(".")[2] not in _RAMPS]
    signs = measure_signs(recipe)
    evaluator = RecipeEvaluator(recipe, pictures, threads)
    best = start
    try:
        for number in range(trials):
            values = _draw(space, best, number, trials, rng)
            trial = _try(recipe, evaluator, values, signs, defective)
            if trial is not None:
                best = trial if best is None or trial.fit.value > best.fit.value else best
                note(trial)
    finally:
        evaluator.close()


def _draw(
    space: Sequence[Parameter], best: Trial | None, number: int, trials: int, rng: np.random.Generator
) -> dict[str, float]:
    """The recipe's own values first, then random ones, then steps round the best that get smaller."""
    if number == 0 and best is None:
        return {}
    if best is None or number < trials * RANDOM_SHARE:
        return {parameter.name: _snap(parameter, rng.uniform(parameter.low, parameter.high)) for parameter in space}
    reach = 0.3 * (1 - number / trials) + 0.05
    values = dict(best.values)
    for parameter in space:
        if rng.random() < _CHANGED:
            now = values.get(parameter.name, best.recipe.value(parameter.name))
            values[parameter.name] = _snap(parameter, now + rng.normal(0, reach) * (parameter.high - parameter.low))
    return values


def _snap(parameter: Parameter, value: float) -> float:
    """The nearest value on the parameter's grid, within its limits."""
    steps = round((value - parameter.low) / parameter.step)
    return float(np.clip(parameter.low + steps * parameter.step, parameter.low, parameter.high))


def _try(
    recipe: Recipe, evaluator: RecipeEvaluator, values: dict[str, float], signs: tuple[float, ...], defective: Truth
) -> Trial | None:
    """None for values that contradict each other (a low limit above its high one)."""
    try:
        with_values(recipe, values)
        measured = evaluator.measured(values)
    except RecipeError:
        return None
    return Trial(recipe, values, fit_measures(measured, defective, signs))
