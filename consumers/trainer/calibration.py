"""Turns a trained classifier's logits on validation images into a temperature, a threshold and a review band."""

from typing import Final

import msgspec
import numpy as np

from consumers.inference.document import ModelDocument, Postprocessing, Thresholds
from consumers.trainer.head import cross_entropy, softmax
from consumers.trainer.metrics import Indices, OperatingPoint
from consumers.trainer.network_outputs import Values
from consumers.trainer.thresholds import choose_review_band, choose_threshold

# A few dozen validation images that are told apart perfectly would drive the temperature to 0: never sharper than 1.
TEMPERATURES: Final = tuple(float(value) for value in np.geomspace(1.0, 6.0, 25))


class Calibrated(msgspec.Struct, frozen=True, kw_only=True):
    """What validation images decided: the softmax temperature and the operating point of the defect score."""

    temperature: float
    threshold: float
    review_band: float
    detection: float
    overkill: float


def calibrate(logits: Values, labels: Indices) -> Calibrated:
    """Fit the temperature by log-likelihood (Guo et al., ICML 2017), then place the threshold and the band.

    `logits` (n, classes) with the good class first, `labels` (n,).
    """
    even = np.ones(logits.shape[1])
    temperature = min(TEMPERATURES, key=lambda value: cross_entropy(logits / np.float32(value), labels, even))
    scores = 1.0 - softmax(logits / np.float32(temperature))[:, 0]
    defective = labels != 0
    point: OperatingPoint = choose_threshold(scores, defective)
    return Calibrated(
        temperature=temperature,
        threshold=point.threshold,
        review_band=choose_review_band(scores, defective, point.threshold),
        detection=point.detection,
        overkill=point.overkill,
    )


def apply_calibration(document: ModelDocument, found: Calibrated) -> ModelDocument:
    """The document with that temperature, one threshold for every defect class, and that band."""
    thresholds = Thresholds(
        classes=dict.fromkeys(document.defect_classes, round(found.threshold, 6)),
        review_band=round(found.review_band, 6),
    )
    return msgspec.structs.replace(
        document, thresholds=thresholds, postprocessing=Postprocessing(temperature=round(found.temperature, 6))
    )
