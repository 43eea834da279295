"""How good a recipe's measured values tell defective images from good ones, and the ramps that follow.

Each measure is put on one scale: 0 at the median of the good images, 1 at their 98th percentile. An image's badness is
the highest over the measures in use. The cut is where at most 2 % of the good images are rejected; each ramp is laid
so that this cut becomes the score 0.5. So a search needs no ramp parameters: the best ramps follow from the values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consumers.inference.rules.measures import Measure
from consumers.inference.rules.recipe import Recipe
from consumers.trainer.metrics import Scores, Truth, auroc
from consumers.trainer.thresholds import choose_cut

Measured = NDArray[np.float64]
# Breaks ties between recipes that catch the same share: the one that ranks better has more in hand.
AUROC_WEIGHT: Final = 0.25
_UPPER: Final = 98.0
# A score nothing reaches: how a measure that only disturbs is put aside without renumbering the steps.
_NEVER: Final = 1e12


@dataclass(frozen=True, slots=True)
class Scale:
    """One measure's scale: badness = (sign * value - centre) / spread."""

    sign: float
    centre: float
    spread: float


@dataclass(frozen=True, slots=True)
class Fit:
    """The best use of some measured values: the measures taken (by column), their scales, the cut, what it achieves."""

    columns: tuple[int, ...]
    scales: tuple[Scale, ...]
    cut: float
    detection: float
    overkill: float
    auroc: float

    @property
    def value(self) -> float:
        """What the search maximises: detection within the overkill, then ranking."""
        return self.detection + AUROC_WEIGHT * self.auroc


def measure_signs(recipe: Recipe) -> tuple[float, ...]:
    """+1 for each measure whose larger values are worse, -1 for the others, as its ramp says."""
    measures = (step for step in recipe.steps if isinstance(step, Measure))
    return tuple(1.0 if step.one_at > step.zero_at else -1.0 for step in measures)


def fit_measures(measured: Measured, defective: Truth, signs: tuple[float, ...]) -> Fit:
    """Try every subset of up to three measures, and all of them; `measured` (images, measures)."""
    scales = tuple(_scale(sign * measured[:, i], sign, defective) for i, sign in enumerate(signs))
    every = tuple(range(len(signs)))
    subsets = [every] + [c for size in range(1, min(3, len(every) - 1) + 1) for c in combinations(every, size)]
    return max((_fit(measured, defective, scales, columns) for columns in subsets), key=lambda fit: fit.value)


def refit(measured: Measured, defective: Truth, signs: tuple[float, ...], columns: tuple[int, ...]) -> Fit:
    """Scales and cut for a subset that was chosen before, on other images."""
    scales = tuple(_scale(sign * measured[:, i], sign, defective) for i, sign in enumerate(signs))
    return _fit(measured, defective, scales, columns)


def badness(measured: Measured, fit: Fit) -> Scores:
    """The badness (images,) of measured values under a fit."""
    return _badness(measured, fit.scales, fit.columns)


def _badness(measured: Measured, scales: tuple[Scale, ...], columns: tuple[int, ...]) -> Scores:
    parts = [(scales[i].sign * measured[:, i] - scales[i].centre) / scales[i].spread for i in columns]
    return np.asarray(np.max(parts, axis=0), np.float64)


def _fit(measured: Measured, defective: Truth, scales: tuple[Scale, ...], columns: tuple[int, ...]) -> Fit:
    values = _badness(measured, scales, columns)
    point = choose_cut(values, defective)
    return Fit(columns, scales, point.threshold, point.detection, point.overkill, auroc(values, defective))


def _scale(values: Scores, sign: float, defective: Truth) -> Scale:
    good = values[~defective]
    centre = float(np.median(good))
    spread = float(np.percentile(good, _UPPER)) - centre
    if spread <= 0:  # all good images measure the same, such as a count of 0
        spread = max(float(np.ptp(values)) / 100, 1e-6)
    return Scale(sign, centre, spread)


def ramps(recipe: Recipe, fit: Fit) -> Mapping[str, float]:
    """The parameters `<step>.zero_at` and `<step>.one_at` that give each measure's score 0.5 at the cut."""
    steps = [index for index, step in enumerate(recipe.steps) if isinstance(step, Measure)]
    found: dict[str, float] = {}
    for column, index in enumerate(steps):
        scale = fit.scales[column]
        low, high = scale.centre, scale.centre + 2 * fit.cut * scale.spread
        if column not in fit.columns:
            low, high = _NEVER, 2 * _NEVER
        elif high <= low:  # a cut at or below the median of the good images: as steep as numbers allow
            low, high = high - 1e-6, high + 1e-6
        found[f"{index}.zero_at"], found[f"{index}.one_at"] = scale.sign * low, scale.sign * high
    return found
