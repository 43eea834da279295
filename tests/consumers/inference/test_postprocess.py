"""Outputs become scores, labels and boxes."""

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from consumers.inference.document import (
    BoxSelection,
    Calibration,
    ClassSpec,
    ModelDocument,
    OutputSpec,
    Postprocessing,
    Thresholds,
)
from consumers.inference.errors import ModelRuntimeError
from consumers.inference.picture import Geometry
from consumers.inference.postprocess import Findings, calibrate, postprocess, select_boxes
from tests.consumers.inference.artifacts import tiny_document

SAME = Geometry(1, 1, 0, 0, 0, 0, 100, 100)
THREE = tuple(ClassSpec(name=name, defect=name != "good") for name in ("good", "scratch", "spot"))


def model(*meanings: Any, kind: Any = "classification", **more: Any) -> ModelDocument:
    return msgspec.structs.replace(
        tiny_document(),
        kind=kind,
        classes=more.pop("classes", THREE),
        outputs=tuple(OutputSpec(name=meaning, meaning=meaning) for meaning in meanings),
        thresholds=Thresholds(classes={"scratch": 0.5, "spot": 0.3}),
        postprocessing=Postprocessing(**more),
    )


def found(document: ModelDocument, *outputs: Any, geometry: Geometry = SAME) -> Findings:
    return postprocess(document, [np.asarray(output, np.float32) for output in outputs], geometry)


def test_probabilities() -> None:
    result = found(model("probabilities"), [[0.2, 0.5, 0.3]])
    assert result.label == "scratch"
    assert result.score == pytest.approx(0.8)
    assert result.scores == pytest.approx({"good": 0.2, "scratch": 0.5, "spot": 0.3})
    assert result.embedding is None


def test_two_small_defects_outweigh_one_large_good() -> None:
    result = found(model("probabilities"), [[0.4, 0.3, 0.3]])
    assert result.label == "good"
    assert result.score == pytest.approx(0.6)


def test_logits_are_softmaxed_with_their_temperature() -> None:
    result = found(model("logits", temperature=2.0), [[2.0, 0.0, 1000.0]])
    assert result.scores["spot"] == pytest.approx(1.0)
    result = found(model("logits", temperature=2.0), [[2.0, 0.0, 0.0]])
    assert result.scores["good"] == pytest.approx(np.e / (np.e + 2))


def test_independent_scores_take_the_worst_defect_and_the_models_own_threshold() -> None:
    document = model("scores", kind="rules")
    assert found(document, [[0.0, 0.4, 0.2]]).label == "good"
    assert found(document, [[0.0, 0.6, 0.2]]).label == "scratch"
    result = found(document, [[0.0, 0.2, 0.35]])
    assert result.label == "spot"
    assert result.score == pytest.approx(0.35)


def test_an_embedding_goes_with_the_scores() -> None:
    result = found(model("probabilities", "embedding"), [[1, 0, 0]], [[1, 2, 3, 4]])
    assert result.embedding is not None
    assert result.embedding.shape == (1, 4)


def anomaly(*meanings: Any, **more: Any) -> ModelDocument:
    more = {"calibration": Calibration(low=1.0, high=3.0), **more}
    return model(*meanings, kind="anomaly", classes=THREE[:2], **more)


def test_an_anomaly_value_is_calibrated() -> None:
    result = found(anomaly("anomaly"), [2.5])
    assert (result.label, result.score) == ("scratch", 0.75)
    assert result.scores == {"good": 0.25, "scratch": 0.75}
    assert found(anomaly("anomaly"), [[1.5]]).label == "good"
    assert (calibrate(-9, Calibration(low=1, high=3)), calibrate(9, Calibration(low=1, high=3))) == (0, 1)


def test_a_heatmap_gives_its_maximum_and_boxes() -> None:
    heat = np.ones((1, 10, 10, 1), np.float32)
    heat[0, 2:4, 5:8, 0] = 3.0
    document = anomaly("heatmap", heatmap_level=0.5)
    document = msgspec.structs.replace(document, input=msgspec.structs.replace(document.input, width=100, height=50))
    result = found(document, heat)
    assert result.score == 1.0
    assert [(b.label, b.x, b.y, b.w, b.h, b.score) for b in result.boxes] == [("scratch", 50, 10, 30, 10, 1.0)]
    blurred = found(anomaly("heatmap", blur_sigma=2.0), heat)
    assert 0 < blurred.score < 1
    assert blurred.boxes == ()


def test_boxes_are_selected_per_class_and_mapped_back() -> None:
    places = [[10, 10, 20, 20], [11, 11, 20, 20], [60, 60, 10, 10], [0, 0, 5, 5]]
    table = [[0.0, 0.9, 0.0], [0.0, 0.8, 0.7], [0.0, 0.0, 0.6], [0.0, 0.01, 0.01]]
    document = model("boxes", "box-scores", kind="detection")
    result = found(document, [places], [table], geometry=Geometry(0.5, 0.5, 0, 0, 0, 0, 300, 300))
    assert [(b.label, b.x, b.w, b.score) for b in result.boxes] == [
        ("scratch", 20, 40, 0.9),
        ("spot", 22, 40, 0.7),
        ("spot", 120, 20, 0.6),
    ]
    assert result.label == "scratch"
    assert result.score == pytest.approx(0.9)


def test_no_boxes_at_all_is_a_good_part() -> None:
    result = found(model("boxes", "box-scores", kind="detection"), np.zeros((1, 0, 4)), np.zeros((1, 0, 3)))
    assert (result.label, result.score, result.boxes) == ("good", 0.0, ())


def test_a_part_class_found_is_no_defect() -> None:
    classes = (ClassSpec(name="screw", defect=False), *THREE[1:])
    result = found(model("boxes", "box-scores", kind="detection", classes=classes), [[[1, 1, 9, 9]]], [[[0.99, 0, 0]]])
    assert (result.label, result.score, len(result.boxes)) == ("good", 0.0, 1)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_no_numbers_are_an_error(value: float) -> None:
    with pytest.raises(ModelRuntimeError, match="not finite"):
        found(model("probabilities"), [[value, 0, 0]])


def test_too_few_scores_are_an_error() -> None:
    with pytest.raises(ModelRuntimeError, match="2 scores"):
        found(model("probabilities"), [[0.5, 0.5]])


@given(arrays.arrays(np.float32, (3,), elements=st.floats(-50, 50, width=32)))
def test_scores_always_lie_between_0_and_1(logits: NDArray[np.float32]) -> None:
    result = found(model("logits"), [logits])
    assert all(0 <= score <= 1 for score in (*result.scores.values(), result.score))
    assert sum(result.scores.values()) == pytest.approx(1, abs=1e-5)


@given(st.lists(st.tuples(*[st.integers(0, 50)] * 2, *[st.integers(1, 30)] * 2, st.integers(0, 20)), max_size=25))
def test_selected_boxes_never_overlap_and_nothing_good_is_lost(boxes: list[tuple[int, int, int, int, int]]) -> None:
    table = np.array(boxes, np.float32).reshape(-1, 5)
    corners = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1)
    scores = np.asarray(table[:, 4] / 20, np.float32)
    kept = select_boxes(corners, scores, BoxSelection(minimum_score=0.2, overlap=0.5))
    assert list(scores[kept]) == sorted(scores[kept], reverse=True)
    for one in range(len(table)):
        rivals = [
            other for other in kept if scores[other] >= scores[one] and _overlap(corners[one], corners[other]) > 0.5
        ]
        if scores[one] >= np.float32(0.2):
            assert one in kept or rivals
        if one in kept:
            assert rivals == [one]


def _overlap(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    area = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return float(shared / (area - shared))
