"""The chosen threshold keeps its promise about good parts, and lies clear of what was seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.trainer.metrics import operate
from consumers.trainer.thresholds import MAXIMUM_BAND, MINIMUM_BAND, choose_cut, choose_review_band, choose_threshold

_SCORED = st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=2, max_size=80)


@given(_SCORED, st.sampled_from([0.0, 0.02, 0.1]))
def test_no_more_good_parts_are_rejected_than_allowed(scored: list[tuple[float, bool]], allowed: float) -> None:
    scores = np.array([score for score, _ in scored], np.float64)
    defective = np.array([bad for _, bad in scored])
    point = choose_threshold(scores, defective, allowed)
    assert 0.0 <= point.threshold <= 1.0
    # A good part that scores exactly 1 cannot be let pass by a threshold within 0..1.
    if defective.any() and not defective.all() and not (scores[~defective] == 1).any():
        assert point.overkill <= allowed
        assert point == operate(scores, defective, point.threshold)


@given(_SCORED)
def test_no_other_cut_catches_more_within_the_allowance(scored: list[tuple[float, bool]]) -> None:
    scores = np.array([score for score, _ in scored], np.float64)
    defective = np.array([bad for _, bad in scored])
    if defective.all():
        return
    best = choose_cut(scores, defective, 0.1)
    for cut in (*scores, *np.nextafter(scores, 2)):
        other = operate(scores, defective, float(cut))
        assert other.overkill > 0.1 or other.detection <= best.detection


def test_the_threshold_lies_midway_in_the_gap() -> None:
    scores, defective = np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True])
    assert choose_threshold(scores, defective).threshold == pytest.approx(0.5)


def test_without_defects_the_middle_is_taken() -> None:
    assert choose_threshold(np.array([0.1, 0.2]), np.array([False, False])).threshold == 0.5


@given(_SCORED, st.floats(0, 1))
def test_the_band_stays_within_its_limits(scored: list[tuple[float, bool]], threshold: float) -> None:
    scores = np.array([score for score, _ in scored], np.float64)
    defective = np.array([bad for _, bad in scored])
    assert MINIMUM_BAND <= choose_review_band(scores, defective, threshold) <= MAXIMUM_BAND


def test_the_band_reaches_the_wrong_verdict_nearby() -> None:
    scores = np.concatenate([np.linspace(0, 0.2, 50), np.linspace(0.8, 1, 50), [0.45]])
    defective = np.array([False] * 50 + [True] * 51)
    assert choose_review_band(scores, defective, 0.5) == pytest.approx(0.05)
