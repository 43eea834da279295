"""From output tensors to scores per class, boxes and an embedding, as `model.json` says.

Scores are 0..1. The defect score of an image is 1 - p(good) where classes exclude each other, else the highest score
of a defect class.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from consumers.inference.document import BoxSelection, Calibration, Meaning, ModelDocument
from consumers.inference.errors import ModelRuntimeError
from consumers.inference.picture import Geometry
from schemas.records.frame import Box

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a model says of one image: `score` is the defect score, `embedding` its raw features (None: has none)."""

    label: str
    score: float
    scores: dict[str, float]
    boxes: tuple[Box, ...]
    embedding: Values | None


def postprocess(document: ModelDocument, outputs: Sequence[NDArray[Any]], geometry: Geometry) -> Findings:
    """Interpret the outputs for one image (batch axis of 1), in the document's order.

    ModelRuntimeError when a value is not finite or a shape does not fit the classes.
    """
    named: dict[Meaning, Values] = {}
    for spec, output in zip(document.outputs, outputs, strict=True):
        named[spec.meaning] = _checked(np.asarray(output, np.float32), spec.name)
    scores, exclusive = _class_scores(document, named)
    boxes = _boxes(document, named, geometry)
    score = _defect_score(document, scores, exclusive=exclusive)
    return Findings(
        label=_label(document, scores, score, exclusive=exclusive),
        score=score,
        scores=scores,
        boxes=boxes,
        embedding=named.get("embedding"),
    )


def calibrate(value: float, calibration: Calibration) -> float:
    """Map a raw anomaly value to a score 0..1, linear between `low` and `high`."""
    return float(np.clip((value - calibration.low) / (calibration.high - calibration.low), 0.0, 1.0))


def select_boxes(corners: Values, scores: Values, selection: BoxSelection) -> list[int]:
    """Greedy non-maximum suppression: indices of kept boxes, best first; corners are (n, 4) as x0, y0, x1, y1."""
    order = [int(i) for i in np.argsort(-scores, kind="stable") if scores[i] >= selection.minimum_score]
    kept: list[int] = []
    while order and len(kept) < selection.maximum:
        best = order.pop(0)
        kept.append(best)
        if order:
            overlaps = _overlaps(corners[best], corners[order])
            order = [i for i, overlap in zip(order, overlaps, strict=True) if overlap <= selection.overlap]
    return kept


def _checked(output: Values, name: str) -> Values:
    if not np.all(np.isfinite(output)):
        raise ModelRuntimeError(f"output {name!r} holds values that are not finite: the model or its input is broken")
    return output


def _class_scores(document: ModelDocument, named: dict[Meaning, Values]) -> tuple[dict[str, float], bool]:
    """Return the score of each class, and whether the classes exclude each other."""
    if "logits" in named:
        return _named_scores(document, _softmax(named["logits"] / document.postprocessing.temperature)), True
    if "probabilities" in named:
        return _named_scores(document, named["probabilities"]), True
    if "anomaly" in named or "heatmap" in named:
        score = _anomaly_score(document, named)
        return {name: score if name in document.defect_classes else 1 - score for name in document.class_names}, True
    if "scores" in named:
        return _named_scores(document, named["scores"]), False
    return _named_scores(document, _best_of_boxes(document, named["box-scores"])), False


def _named_scores(document: ModelDocument, values: Values) -> dict[str, float]:
    flat = values.ravel()
    if flat.size != len(document.classes):
        raise ModelRuntimeError(f"the model gives {flat.size} scores, model.json names {len(document.classes)} classes")
    return {name: _unit(value) for name, value in zip(document.class_names, flat, strict=True)}


def _unit(value: np.floating[Any] | float) -> float:
    return min(max(float(value), 0.0), 1.0)


def _softmax(logits: Values) -> Values:
    raised = np.exp(logits - logits.max())
    total: Values = raised / raised.sum()
    return total


def _best_of_boxes(document: ModelDocument, box_scores: Values) -> Values:
    table = box_scores.reshape(-1, len(document.classes))
    return table.max(axis=0) if len(table) else np.zeros(len(document.classes), np.float32)


def _anomaly_score(document: ModelDocument, named: dict[Meaning, Values]) -> float:
    calibration = document.postprocessing.calibration
    if calibration is None:
        raise ModelRuntimeError("postprocessing.calibration is missing: an anomaly value needs it to become a score")
    if "anomaly" in named:
        return calibrate(float(named["anomaly"].ravel()[0]), calibration)
    return calibrate(float(_smooth(document, named["heatmap"]).max()), calibration)


def _smooth(document: ModelDocument, heatmap: Values) -> Values:
    plane = heatmap.reshape(heatmap.shape[1:3])
    sigma = document.postprocessing.blur_sigma
    return plane if sigma == 0 else np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)


def _defect_score(document: ModelDocument, scores: dict[str, float], *, exclusive: bool) -> float:
    if exclusive and document.good_class in scores:
        harmless = (scores[item.name] for item in document.classes if not item.defect)
        return _unit(1.0 - sum(harmless))
    return max((scores[name] for name in document.defect_classes), default=0.0)


def _label(document: ModelDocument, scores: dict[str, float], score: float, *, exclusive: bool) -> str:
    """Return the likeliest class; where classes are independent, the worst defect at or above the model's threshold."""
    if exclusive and document.kind == "classification":
        return max(scores, key=lambda name: scores[name])
    worst = max(document.defect_classes, key=lambda name: scores[name])
    return worst if score >= document.thresholds.classes[worst] else document.good_class


def _boxes(document: ModelDocument, named: dict[Meaning, Values], geometry: Geometry) -> tuple[Box, ...]:
    if "boxes" in named and "box-scores" in named:
        return _selected_boxes(document, named["boxes"], named["box-scores"], geometry)
    if "heatmap" in named and document.postprocessing.heatmap_level is not None:
        return _heatmap_boxes(document, named["heatmap"], document.postprocessing.heatmap_level, geometry)
    return ()


def _selected_boxes(document: ModelDocument, boxes: Values, scores: Values, geometry: Geometry) -> tuple[Box, ...]:
    places, table = boxes.reshape(-1, 4), scores.reshape(-1, len(document.classes))
    corners = np.concatenate([places[:, :2], places[:, :2] + places[:, 2:]], axis=1)
    found: list[tuple[float, str, Values]] = []
    for column, name in enumerate(document.class_names):
        kept = select_boxes(corners, table[:, column], document.postprocessing.selection)
        found += [(float(table[index, column]), name, places[index]) for index in kept]
    found.sort(key=lambda item: -item[0])
    best = found[: document.postprocessing.selection.maximum]
    return tuple(_box(name, place, score, geometry) for score, name, place in best)


def _heatmap_boxes(document: ModelDocument, heatmap: Values, level: float, geometry: Geometry) -> tuple[Box, ...]:
    calibration = document.postprocessing.calibration or Calibration(low=0.0, high=1.0)
    plane = np.clip((_smooth(document, heatmap) - calibration.low) / (calibration.high - calibration.low), 0, 1)
    mask = (plane >= level).astype(np.uint8)
    across, down = document.input.width / plane.shape[1], document.input.height / plane.shape[0]
    found: list[tuple[float, Values]] = []
    for outline in cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]:
        x, y, width, height = cv2.boundingRect(outline)
        peak = float(plane[y : y + height, x : x + width].max())
        found.append((peak, np.array([x * across, y * down, width * across, height * down], np.float32)))
    found.sort(key=lambda item: -item[0])
    name = document.defect_classes[0]
    return tuple(
        _box(name, place, score, geometry) for score, place in found[: document.postprocessing.selection.maximum]
    )


def _box(name: str, place: Values, score: float, geometry: Geometry) -> Box:
    x, y, width, height = geometry.to_captured(*(float(value) for value in place))
    return Box(label=name, x=x, y=y, w=width, h=height, score=round(_unit(score), 6))


def _overlaps(one: Values, others: Values) -> Values:
    """Return intersection over union of one box with each of the others; corners as x0, y0, x1, y1."""
    low, high = np.maximum(one[:2], others[:, :2]), np.minimum(one[2:], others[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1) + np.prod(one[2:] - one[:2])
    ratio: Values = shared / np.maximum(areas - shared, 1e-9)
    return ratio
