"""The head that looks at places: fitted on frozen features of places inside and outside the labelled boxes.

Boxes tell where a defect is, so each image gives hundreds of examples instead of one. On the synthetic panel (173
training images, small dents on brushed metal) a linear head on places told 95 % of the images right where the same
features pooled over the picture gave 74 %.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consumers.trainer.head import Features, Head, fit_softmax
from consumers.trainer.metrics import Indices

PENALTY: Final = 1e-3
STEPS: Final = 150
# Good places beside the defects in the first round, and the hardest ones added in the second.
FIRST_GOOD: Final = 6000
HARDEST: Final = 3000
# The place's margins m become clip(m, -6, 6) / 2 + 3, the range of ReLU6, which int8 keeps in steps of 0.05.
MARGIN_SCALE: Final = 0.5
MARGIN_SHIFT: Final = 3.0


@dataclass(frozen=True, slots=True)
class PlaceSamples:
    """Features (n, d) of places and their classes (n,), 0 good; places at a box's rim are left out."""

    features: Features
    classes: NDArray[np.int8]


def sample_places(
    features: Features, classes: NDArray[np.int8], good_limit: int, rng: np.random.Generator
) -> PlaceSamples:
    """Every defective place and up to `good_limit` good ones an image.

    `features` (images, rows, columns, d), `classes` (images, rows, columns) with -1 for unknown.
    """
    kept_features, kept_classes = [], []
    for image, places in zip(features, classes, strict=True):
        flat = places.ravel()
        good = np.flatnonzero(flat == 0)
        chosen = np.concatenate([np.flatnonzero(flat > 0), rng.permutation(good)[:good_limit]])
        kept_features.append(image.reshape(-1, image.shape[-1])[chosen])
        kept_classes.append(flat[chosen])
    return PlaceSamples(np.concatenate(kept_features), np.concatenate(kept_classes))


def fit_places(samples: PlaceSamples, classes: int, rng: np.random.Generator) -> Head:
    """A dense layer from a place's features to its margins over good, (classes - 1,), scaled for ReLU6.

    Two rounds: first against good places at random, then also against those that the first round found worst.
    """
    labels: Indices = samples.classes.astype(np.int64)
    bad, good = np.flatnonzero(labels > 0), np.flatnonzero(labels == 0)
    chosen = np.concatenate([bad, rng.permutation(good)[:FIRST_GOOD]])
    head = fit_softmax(samples.features[chosen], labels[chosen], classes, PENALTY, STEPS)
    margins = _margins(head, samples.features[good]).max(axis=1)
    hardest = good[np.argsort(-margins, kind="stable")[:HARDEST]]
    chosen = np.union1d(chosen, hardest)
    return _scaled(fit_softmax(samples.features[chosen], labels[chosen], classes, PENALTY, STEPS))


def _margins(head: Head, features: Features) -> NDArray[np.float32]:
    logits = head.logits(features)
    return logits[:, 1:] - logits[:, :1]


def _scaled(head: Head) -> Head:
    weights = (head.weights[:, 1:] - head.weights[:, :1]) * MARGIN_SCALE
    bias = (head.bias[1:] - head.bias[:1]) * MARGIN_SCALE + MARGIN_SHIFT
    return Head(weights.astype(np.float32), bias.astype(np.float32), head.penalty)
