"""Runs one recipe with many sets of values over the same pictures, quickly: what a search over rules calls."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from consumers.inference.picture import Pixels
from consumers.inference.rules.execution import Progress, begin, proceed
from consumers.inference.rules.recipe import Recipe, with_values


class RecipeEvaluator:
    """Holds working pictures on which the steps before the first searchable one have been done already.

    Pictures are what `Preprocessor.pixels` gives: uint8, (height, width, channels), BGR or grey. Memory: about the
    pictures themselves, once more for each kept picture of the recipe.
    """

    def __init__(self, recipe: Recipe, pictures: Sequence[Pixels], threads: int = 2) -> None:
        self._recipe = recipe
        indices = [int(parameter.name.partition(".")[0]) for parameter in recipe.space]
        self._first = min(indices, default=len(recipe.steps))
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="recipe")
        self._begun = list(self._pool.map(self._begin, pictures))

    def scores(self, values: Mapping[str, float] | None = None) -> NDArray[np.float64]:
        """Return the scores (pictures, classes), classes in the order of `recipe.class_names`.

        `values` changes parameters by name, as `with_values`; RecipeError when a value is not allowed.
        """
        recipe = with_values(self._recipe, values or {})
        names = recipe.class_names
        rows = [[result.scores[name] for name in names] for result in self._finish(recipe)]
        return np.asarray(rows, np.float64).reshape(len(rows), len(names))

    def measured(self, values: Mapping[str, float] | None = None) -> NDArray[np.float64]:
        """Return the measured values before their ramps, (pictures, measure steps): what a ramp is placed by."""
        recipe = with_values(self._recipe, values or {})
        return np.asarray([result.values for result in self._finish(recipe)], np.float64)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def _begin(self, picture: Pixels) -> Progress:
        return proceed(self._recipe, begin(self._recipe, picture), 0, self._first)

    def _finish(self, recipe: Recipe) -> list[Progress]:
        last = len(recipe.steps)
        return list(self._pool.map(lambda progress: proceed(recipe, progress, self._first, last), self._begun))
