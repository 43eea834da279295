"""Figures of quality against brute force and by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from consumers.trainer.metrics import auroc, classification_figures, defect_figures, operate

_SCORED = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=40)


@given(_SCORED)
def test_auroc_is_the_chance_that_a_defect_scores_higher(scored: list[tuple[int, bool]]) -> None:
    scores = np.array([score for score, _ in scored], np.float64)
    defective = np.array([bad for _, bad in scored])
    bad, good = scores[defective], scores[~defective]
    if bad.size and good.size:
        wins = (bad[:, None] > good).mean() + 0.5 * (bad[:, None] == good).mean()
        assert np.isclose(auroc(scores, defective), wins)
    else:
        assert auroc(scores, defective) == 0.5


def test_confusion_and_shares_by_hand() -> None:
    truth, predicted = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 0])
    found = classification_figures(truth, predicted, ("good", "scratch", "spot"))
    assert found.confusion == ((2, 1, 0), (0, 2, 0), (1, 0, 0))
    assert found.accuracy == 4 / 6
    assert found.per_class["scratch"].precision == 2 / 3
    assert found.per_class["scratch"].recall == 1.0
    assert found.per_class["spot"].f1 == 0.0
    assert np.isclose(found.macro_f1, (2 / 3 + 0.8 + 0.0) / 3)


def test_a_class_that_never_appears_does_not_lower_the_average() -> None:
    found = classification_figures(np.array([0, 1]), np.array([0, 1]), ("good", "scratch", "unseen"))
    assert found.macro_f1 == 1.0


def test_a_part_is_rejected_from_the_threshold_on() -> None:
    scores, defective = np.array([0.1, 0.5, 0.5, 0.9]), np.array([False, False, True, True])
    point = operate(scores, defective, 0.5)
    assert (point.detection, point.overkill) == (1.0, 0.5)
    figures = defect_figures(scores, defective, 0.6)
    assert (figures.detection, figures.overkill, figures.balanced_accuracy) == (0.5, 0.0, 0.75)
    assert (figures.defective, figures.good) == (2, 2)


def test_shares_of_nothing_are_zero() -> None:
    nothing = np.array([], np.float64)
    assert operate(nothing, nothing.astype(bool), 0.5).detection == 0.0
