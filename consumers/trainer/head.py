"""A softmax regression on fixed features: the small head that a frozen network needs, fitted in a second.

Full-batch Adam (Kingma and Ba, ICLR 2015) on the class-weighted cross-entropy with an L2 penalty on standardised
features; the penalty is chosen on the validation split. The standardisation is folded into the weights returned, so
that the head is a plain dense layer.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consumers.trainer.errors import DivergedError
from consumers.trainer.metrics import Indices

Features = NDArray[np.float32]

PENALTIES: Final = (1e-3, 1e-2, 1e-1)
STEPS: Final = 200
LEARNING_RATE: Final = 0.02
# Keeps a feature that hardly moves on the training images from being blown up on the edge.
SMALLEST_DEVIATION: Final = 1e-2
_BETA_1: Final = 0.9
_BETA_2: Final = 0.999
_TINY: Final = 1e-8


@dataclass(frozen=True, slots=True)
class Head:
    """A dense layer: logits = features @ weights + bias; weights (features, classes), bias (classes,), float32."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    penalty: float = 0.0

    def logits(self, features: Features) -> NDArray[np.float32]:
        """Logits (n, classes) of features (n, features)."""
        return np.asarray(features @ self.weights + self.bias, dtype=np.float32)


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities along the last axis."""
    shifted = np.exp(np.asarray(logits, np.float64) - np.max(logits, axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def class_weights(labels: Indices, classes: int) -> NDArray[np.float64]:
    """One weight per class, inverse to its count and 1 on average over the images; 0 for a class without images."""
    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    present = counts > 0
    weights = np.zeros(classes)
    weights[present] = labels.size / (present.sum() * counts[present])
    return weights


def cross_entropy(logits: NDArray[np.floating], labels: Indices, weights: NDArray[np.float64]) -> float:
    """Class-weighted mean of -log p(label), in nats."""
    probabilities = softmax(logits)[np.arange(labels.size), labels]
    per_image = weights[labels]
    return float(-(per_image * np.log(np.maximum(probabilities, 1e-12))).sum() / max(per_image.sum(), 1e-12))


def fit_head(features: Features, labels: Indices, classes: int, validation: tuple[Features, Indices]) -> Head:
    """Fit the head once per penalty and return the one with the lowest validation loss.

    `features` (n, d) float32, `labels` (n,) in 0..classes-1. Without validation images the middle penalty is used.
    Raises DivergedError when features or loss are not finite.
    """
    if not np.isfinite(features).all():
        raise DivergedError("the network's features are not finite numbers; look at the weights and the preprocessing")
    if not validation[1].size:
        return fit_softmax(features, labels, classes, PENALTIES[1])
    weights = class_weights(labels, classes)
    heads = [fit_softmax(features, labels, classes, penalty) for penalty in PENALTIES]
    return min(heads, key=lambda head: cross_entropy(head.logits(validation[0]), validation[1], weights))


def fit_softmax(features: Features, labels: Indices, classes: int, penalty: float, steps: int = STEPS) -> Head:
    """Fit one head with a given L2 penalty, deterministically; see the module."""
    mean = features.mean(axis=0)
    deviation = np.maximum(features.std(axis=0), SMALLEST_DEVIATION)
    inputs = (features - mean) / deviation
    weights, bias = _descend(inputs, labels, classes, penalty, steps)
    folded = weights / deviation[:, np.newaxis]
    return Head(folded.astype(np.float32), (bias - mean @ folded).astype(np.float32), penalty)


def _descend(inputs: Features, labels: Indices, classes: int, penalty: float, steps: int) -> tuple[Features, Features]:
    """Adam with a cosine schedule on weights and bias at once (the bias is the last row, without penalty)."""
    padded = np.concatenate([inputs, np.ones((len(inputs), 1), np.float32)], axis=1)
    targets = np.eye(classes, dtype=np.float32)[labels]
    per_image = class_weights(labels, classes)[labels]
    per_image = (per_image / per_image.sum()).astype(np.float32)[:, np.newaxis]
    shrink = np.full((padded.shape[1], 1), penalty, np.float32)
    shrink[-1] = 0.0
    parameters = np.zeros((padded.shape[1], classes), np.float32)
    first, second = np.zeros_like(parameters), np.zeros_like(parameters)
    for step in range(1, steps + 1):
        errors = (softmax(padded @ parameters).astype(np.float32) - targets) * per_image
        gradient = padded.T @ errors + shrink * parameters
        first = _BETA_1 * first + (1 - _BETA_1) * gradient
        second = _BETA_2 * second + (1 - _BETA_2) * gradient * gradient
        rate = LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
        parameters -= rate * (first / (1 - _BETA_1**step)) / (np.sqrt(second / (1 - _BETA_2**step)) + _TINY)
    return parameters[:-1], parameters[-1]
