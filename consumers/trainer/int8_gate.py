"""Whether the int8 model may take the place of the fp32 one: measured on images it was not trained on, and recorded."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from consumers.inference.artifact import Artifact
from consumers.trainer.evaluate import Evaluation, Observations, figures, observe
from consumers.trainer.labelled_images import LabelledImage

# Half a point of accuracy, macro-F1 and defect detection (DESIGN, BENCHMARKS: "within 0.5 point").
MAXIMUM_LOSS: Final = 0.005
# Classes must agree on nearly every image, also where both are wrong or the validation split is too small to tell.
MINIMUM_AGREEMENT: Final = 0.98


class GateResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate saw. Losses are fp32 minus int8 (0..1, negative: int8 is better); no `reasons`: it passed."""

    accepted: bool
    reasons: tuple[str, ...]
    accuracy_loss: float
    macro_f1_loss: float
    detection_loss: float
    overkill_gain: float
    agreement: float
    largest_difference: float
    images: int
    agreement_images: int

    def metrics(self) -> dict[str, float]:
        """The figures for a model's lineage."""
        return {
            "int8_accepted": float(self.accepted),
            "int8_accuracy_loss": self.accuracy_loss,
            "int8_macro_f1_loss": self.macro_f1_loss,
            "int8_agreement": self.agreement,
            "int8_largest_difference": self.largest_difference,
        }


def compare_precisions(
    fp32: Artifact, int8: Artifact, validation: Sequence[LabelledImage], further: Sequence[LabelledImage]
) -> GateResult:
    """Judge both models' accuracy on `validation` and their agreement on `validation` and `further` together."""
    images = [*validation, *further]
    exact, rounded = observe(fp32, images), observe(int8, images)
    count = len(validation)
    before, after = figures(fp32, _first(exact, count)), figures(int8, _first(rounded, count))
    agreement = float(
        np.mean([a.label == b.label for a, b in zip(exact.predictions, rounded.predictions, strict=True)])
    )
    losses = _losses(before, after)
    reasons = [f"{name} worse by {100 * loss:.1f} points" for name, loss in losses.items() if loss > MAXIMUM_LOSS]
    if agreement < MINIMUM_AGREEMENT:
        reasons.append(f"classes agree on {100 * agreement:.1f} % of {len(images)} images")
    return GateResult(
        accepted=not reasons,
        reasons=tuple(reasons),
        accuracy_loss=losses["accuracy"],
        macro_f1_loss=losses["macro-F1"],
        detection_loss=losses["defect detection"],
        overkill_gain=losses["overkill"],
        agreement=agreement,
        largest_difference=float(np.abs(exact.scores - rounded.scores).max()),
        images=count,
        agreement_images=len(images),
    )


def _losses(before: Evaluation, after: Evaluation) -> dict[str, float]:
    return {
        "accuracy": before.classification.accuracy - after.classification.accuracy,
        "macro-F1": before.classification.macro_f1 - after.classification.macro_f1,
        "defect detection": before.defects.detection - after.defects.detection,
        "overkill": after.defects.overkill - before.defects.overkill,
    }


def _first(seen: Observations, count: int) -> Observations:
    return Observations(seen.images[:count], seen.predictions[:count], seen.skipped)
