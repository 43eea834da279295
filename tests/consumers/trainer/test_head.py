"""The softmax regression: separates what can be separated, the same way each time."""

import numpy as np
import pytest

from consumers.trainer.errors import DivergedError
from consumers.trainer.head import Features, class_weights, cross_entropy, fit_head, softmax
from consumers.trainer.metrics import Indices


def _clouds(seed: int, each: int = 40) -> tuple[Features, Indices]:
    """Three clouds of points far from zero and of very different spread by feature."""
    rng = np.random.default_rng(seed)
    centres = np.array([[0, 0, 100], [4, 0, 130], [0, 4, 100]], np.float32)
    labels = np.repeat(np.arange(3), each)
    spread = np.array([1, 1, 10], np.float32)
    return (centres[labels] + rng.normal(0, 1, (labels.size, 3)) * spread).astype(np.float32), labels


def test_separates_clouds_and_folds_the_standardisation_in() -> None:
    features, labels = _clouds(0)
    unseen, truth = _clouds(1)
    head = fit_head(features, labels, 3, (unseen, truth))
    assert np.mean(head.logits(unseen).argmax(axis=1) == truth) > 0.9
    assert head.weights.shape == (3, 3)
    assert head.weights.dtype == np.float32


def test_the_same_data_give_the_same_head() -> None:
    features, labels = _clouds(0)
    one, other = (fit_head(features, labels, 3, (features[:0], labels[:0])) for _ in range(2))
    assert np.array_equal(one.weights, other.weights)
    assert np.array_equal(one.bias, other.bias)


def test_rare_classes_weigh_as_much_as_frequent_ones() -> None:
    weights = class_weights(np.array([0] * 90 + [1] * 10), 3)
    assert weights[0] * 90 == pytest.approx(weights[1] * 10)
    assert weights[2] == 0.0


def test_a_sure_and_right_answer_costs_nothing() -> None:
    logits = np.array([[50.0, 0.0], [0.0, 50.0]])
    assert cross_entropy(logits, np.array([0, 1]), np.ones(2)) == pytest.approx(0.0)
    assert cross_entropy(logits, np.array([1, 0]), np.ones(2)) > 20
    assert softmax(np.array([[1e4, 0.0]])).tolist() == [[1.0, 0.0]]


def test_features_that_are_no_numbers_stop_the_fit() -> None:
    features, labels = _clouds(0)
    features[3, 1] = np.nan
    with pytest.raises(DivergedError, match="not finite"):
        fit_head(features, labels, 3, (features[:0], labels[:0]))
