"""Ramps follow from measured values: the cut becomes the score one half, measures that disturb are put aside."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from consumers.inference.rules.recipe import decode_recipe, with_values
from consumers.trainer.rules_objective import Measured, badness, fit_measures, measure_signs, ramps, refit

_RECIPE = decode_recipe(
    b"""{"steps": [{"step": "channel"},
    {"step": "intensity", "class": "dark", "measure": "mean", "zero_at": 200, "one_at": 100},
    {"step": "intensity", "class": "bright", "measure": "maximum", "zero_at": 100, "one_at": 200}]}"""
)


def _measured(seed: int) -> tuple[Measured, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """Good images have a mean near 150 and a maximum of pure noise; defective ones a mean near 134."""
    rng = np.random.default_rng(seed)
    defective = np.arange(120) % 2 == 1
    mean = 150 - 16 * defective + rng.normal(0, 4, 120)
    return np.stack([mean, rng.uniform(100, 200, 120)], axis=1), defective


def test_the_ramp_says_which_way_is_worse() -> None:
    assert measure_signs(_RECIPE) == (-1.0, 1.0)


def test_a_measure_of_noise_is_put_aside() -> None:
    measured, defective = _measured(0)
    fit = fit_measures(measured, defective, measure_signs(_RECIPE))
    assert fit.columns == (0,)
    assert fit.detection > 0.6
    assert fit.overkill <= 0.02


@given(st.integers(0, 50))
def test_scores_by_the_ramps_reject_what_the_cut_rejects(seed: int) -> None:
    measured, defective = _measured(seed)
    signs = measure_signs(_RECIPE)
    for fit in (fit_measures(measured, defective, signs), refit(measured, defective, signs, (0, 1))):
        laid = with_values(_RECIPE, ramps(_RECIPE, fit))
        scores = []
        for column, step in enumerate(laid.steps[1:]):
            low, high = getattr(step, "zero_at"), getattr(step, "one_at")  # noqa: B009 - steps of a measure
            scores.append(np.clip((measured[:, column] - low) / (high - low), 0, 1))
        rejected = np.max(scores, axis=0) >= 0.5
        expected = badness(measured, fit) >= fit.cut
        close = np.isclose(badness(measured, fit), fit.cut)
        assert np.array_equal(rejected[~close], expected[~close])


def test_good_images_that_all_measure_the_same_still_give_a_scale() -> None:
    measured = np.array([[0.0], [0.0], [0.0], [2.0], [3.0]])
    fit = fit_measures(measured, np.array([False, False, False, True, True]), (1.0,))
    assert (fit.detection, fit.overkill, fit.auroc) == (1.0, 0.0, 1.0)
