"""Temperature and operating point from validation logits."""

import numpy as np

from consumers.inference.artifact import Artifact
from consumers.trainer.calibration import apply_calibration, calibrate
from consumers.trainer.network_outputs import Values


def _logits(sharpness: float) -> tuple[Values, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    """Images of three classes, one in ten told wrongly, all equally sure."""
    labels = np.arange(90) % 3
    told = np.where(np.arange(90) % 10 == 0, (labels + 1) % 3, labels)
    return (np.eye(3, dtype=np.float32)[told] * sharpness).astype(np.float32), labels


def test_a_network_that_is_too_sure_is_softened() -> None:
    modest, sure = calibrate(*_logits(3.0)), calibrate(*_logits(12.0))
    assert modest.temperature < sure.temperature
    assert sure.temperature > 2


def test_a_perfect_one_is_never_sharpened() -> None:
    labels = np.arange(30) % 2
    found = calibrate(np.eye(2, dtype=np.float32)[labels], labels)
    assert found.temperature == 1.0
    assert (found.detection, found.overkill) == (1.0, 0.0)


def test_the_document_takes_it_over(rules_artifact: Artifact) -> None:
    found = calibrate(*_logits(5.0))
    document = apply_calibration(rules_artifact.document, found)
    assert set(document.thresholds.classes) == set(document.defect_classes)
    assert document.postprocessing.temperature == round(found.temperature, 6)
    assert document.thresholds.review_band == round(found.review_band, 6)
