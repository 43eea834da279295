"""The head of places: learns from few defective places among many good ones, within ReLU6's range."""

import numpy as np

from consumers.trainer.places_head import MARGIN_SCALE, MARGIN_SHIFT, PlaceSamples, fit_places, sample_places


def test_samples_keep_every_defect_and_leave_out_the_unknown() -> None:
    features = np.arange(2 * 4 * 4 * 3, dtype=np.float32).reshape(2, 4, 4, 3)
    classes = np.zeros((2, 4, 4), np.int8)
    classes[0, 1, 1], classes[0, 1, 2] = 2, -1
    samples = sample_places(features, classes, 5, np.random.default_rng(0))
    assert sorted(samples.classes.tolist()) == [0] * 10 + [2]
    assert samples.features[samples.classes == 2].tolist() == [features[0, 1, 1].tolist()]


def test_margins_of_defects_lie_above_and_of_good_places_below() -> None:
    rng = np.random.default_rng(0)
    classes = np.concatenate([np.zeros(3000, np.int8), np.full(40, 1, np.int8), np.full(40, 2, np.int8)])
    features = rng.normal(0, 1, (classes.size, 6)).astype(np.float32)
    features[classes == 1, 0] += 6
    features[classes == 2, 1] += 6
    head = fit_places(PlaceSamples(features, classes), 3, rng)
    margins = (head.logits(features) - MARGIN_SHIFT) / MARGIN_SCALE
    assert margins.shape == (classes.size, 2)
    assert (margins[classes == 1, 0] > 0).mean() > 0.95
    assert (margins[classes == 2, 1] > 0).mean() > 0.95
    assert (margins[classes == 0].max(axis=1) < 0).mean() > 0.97
