"""Figures of quality from scores and labels; plain NumPy, no model in sight."""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Truth = NDArray[np.bool_]
Indices = NDArray[np.int64]


class ClassFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Precision, recall and F1 (0..1, 0 when undefined) of one class, and how many images carry it."""

    precision: float
    recall: float
    f1: float
    support: int


class ClassificationFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How well predicted classes meet labels; `confusion[label][prediction]` counts images."""

    confusion: tuple[tuple[int, ...], ...]
    per_class: dict[str, ClassFigures]
    accuracy: float
    macro_f1: float


class DefectFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How well the defect score tells defective parts from good ones.

    `auroc` is over all thresholds; `detection` is the share of defective parts caught, `overkill` the share of good
    parts rejected, both at `threshold`. NaN never appears: a share of nothing is 0.
    """

    auroc: float
    threshold: float
    detection: float
    overkill: float
    balanced_accuracy: float
    defective: int
    good: int


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A threshold and what it does on the images it was chosen on."""

    threshold: float
    detection: float
    overkill: float


def classification_figures(truth: Indices, predicted: Indices, classes: tuple[str, ...]) -> ClassificationFigures:
    """Confusion matrix and what follows from it; the macro F1 averages the classes seen in truth or prediction."""
    count = len(classes)
    confusion = np.zeros((count, count), np.int64)
    np.add.at(confusion, (truth, predicted), 1)
    per_class = {name: _figures(confusion, index) for index, name in enumerate(classes)}
    seen = [per_class[name].f1 for i, name in enumerate(classes) if confusion[i].sum() + confusion[:, i].sum()]
    return ClassificationFigures(
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
        per_class=per_class,
        accuracy=_share(int(np.trace(confusion)), int(confusion.sum())),
        macro_f1=float(np.mean(seen)) if seen else 0.0,
    )


def _figures(confusion: Indices, index: int) -> ClassFigures:
    hits = int(confusion[index, index])
    support, claimed = int(confusion[index].sum()), int(confusion[:, index].sum())
    return ClassFigures(
        precision=_share(hits, claimed),
        recall=_share(hits, support),
        f1=_share(2 * hits, support + claimed),
        support=support,
    )


def auroc(scores: Scores, defective: Truth) -> float:
    """Area under the ROC curve: the chance that a defective part scores above a good one, ties counting half.

    By the rank sum (Mann and Whitney, 1947). 0.5 when one of the two kinds is missing.
    """
    bad, good = int(defective.sum()), int((~defective).sum())
    if not bad or not good:
        return 0.5
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[defective].sum() - bad * (bad + 1) / 2) / (bad * good))


def defect_figures(scores: Scores, defective: Truth, threshold: float, rejected: Truth | None = None) -> DefectFigures:
    """The defect figures at a threshold: a part is rejected when its score reaches it, unless `rejected` says."""
    point = operate(scores, defective, threshold, rejected)
    return DefectFigures(
        auroc=auroc(scores, defective),
        threshold=threshold,
        detection=point.detection,
        overkill=point.overkill,
        balanced_accuracy=(point.detection + 1 - point.overkill) / 2,
        defective=int(defective.sum()),
        good=int((~defective).sum()),
    )


def operate(scores: Scores, defective: Truth, threshold: float, rejected: Truth | None = None) -> OperatingPoint:
    """What a threshold does: the shares of defective parts caught and of good ones rejected."""
    out = scores >= threshold if rejected is None else rejected
    bad, good = int(defective.sum()), int((~defective).sum())
    return OperatingPoint(
        float(threshold), _share(int((out & defective).sum()), bad), _share(int((out & ~defective).sum()), good)
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
