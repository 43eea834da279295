"""Contradictions inside a document, each found and named."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.inference.document import (
    Calibration,
    ClassSpec,
    GoldenImage,
    GoldenSet,
    ModelDocument,
    OutputSpec,
    Postprocessing,
    Preprocessing,
    Quantisation,
    Region,
    RuntimeSpec,
    Thresholds,
)
from consumers.inference.rules.defaults import default_recipe
from consumers.inference.validation import is_safe_path, problems
from tests.consumers.inference.artifacts import CLASSES, rules_document, tiny_document

replace = msgspec.structs.replace
TINY = tiny_document()
RULES = rules_document(default_recipe("surface"), 64, 64)
ANOMALY = replace(
    TINY,
    kind="anomaly",
    outputs=(OutputSpec(name="probabilities", meaning="anomaly"),),
    postprocessing=Postprocessing(calibration=Calibration(low=0.0, high=1.0)),
)


@pytest.mark.parametrize("document", [TINY, tiny_document("litert-int8"), RULES, ANOMALY])
def test_sound_documents_have_no_problems(document: ModelDocument) -> None:
    assert list(problems(document)) == []


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (replace(TINY, format_version=7), "format_version is 7"),
        (replace(TINY, classes=(CLASSES[0], CLASSES[0], CLASSES[1])), "a name twice"),
        (replace(TINY, classes=CLASSES[:1]), "no defect class"),
        (replace(TINY, good_class="dark"), "marked as a defect"),
        (replace(TINY, good_class="fine"), "not among the classes"),
        (replace(TINY, thresholds=Thresholds(classes={})), r"lacks ['dark']"),
        (replace(TINY, thresholds=Thresholds(classes={"dark": 0.5, "pale": 0.5})), "no defect classes"),
        (replace(TINY, preprocessing=Preprocessing(colour="grey")), "does not fit input.channels"),
        (replace(TINY, preprocessing=Preprocessing(mean=(0.0,))), "mean has 1 numbers for 3"),
        (replace(TINY, preprocessing=Preprocessing(scale=(float("nan"),) * 3)), "not finite"),
        (replace(TINY, preprocessing=Preprocessing(region=Region(x=0.5, y=0, width=0.6, height=1))), "reaches beyond"),
        (
            replace(TINY, input=replace(TINY.input, quantisation=Quantisation(scale=1, zero_point=0))),
            "for a float32 input",
        ),
        (replace(TINY, input=replace(TINY.input, dtype="int8")), "missing for an int8 input"),
        (replace(TINY, outputs=(TINY.outputs[0], TINY.outputs[0])), "a name twice"),
        (replace(TINY, outputs=TINY.outputs[1:]), "need one of"),
        (replace(TINY, outputs=(*TINY.outputs, OutputSpec(name="x", meaning="anomaly"))), "cannot mean ['anomaly']"),
        (replace(TINY, kind="detection", outputs=(OutputSpec(name="s", meaning="box-scores"),)), "without boxes"),
        (replace(ANOMALY, postprocessing=Postprocessing()), "calibration is missing"),
        (replace(ANOMALY, postprocessing=Postprocessing(calibration=Calibration(low=1, high=1))), "low < high"),
        (
            replace(ANOMALY, classes=(*CLASSES, ClassSpec(name="pale", defect=True))),
            "exactly one defect class",
        ),
        (replace(TINY, runtime=RuntimeSpec(name="rules", file="recipe.json")), "does not fit kind"),
        (replace(TINY, runtime=RuntimeSpec(name="onnx", file="model.tflite")), "should end in .onnx"),
        (replace(RULES, input=replace(RULES.input, dtype="float32")), "needs a uint8, nhwc input"),
        (replace(RULES, preprocessing=Preprocessing(colour="rgb")), "in bgr or grey"),
        (
            replace(TINY, golden=GoldenSet(images=(GoldenImage(file="a.png", label="good", score=0, scores={}),))),
            "below golden/",
        ),
        (
            replace(TINY, golden=GoldenSet(images=(GoldenImage(file="golden/a", label="x", score=0, scores={}),))),
            "unknown classes ['x']",
        ),
    ],
)
def test_each_contradiction_is_named(document: ModelDocument, words: str) -> None:
    assert words in "; ".join(problems(document))


@pytest.mark.parametrize("path", ["model.onnx", "golden/a.png", "a/b/c.d", "golden/größe.png"])
def test_plain_paths_are_safe(path: str) -> None:
    assert is_safe_path(path)


@pytest.mark.parametrize(
    "path", ["", "..", "a/../b", "/a", "a//b", "./a", "C:a", "a\\b", "a\nb", "a\0b", "a.", "a /b", "a?b", "golden/"]
)
def test_paths_that_leave_or_only_work_here_are_not(path: str) -> None:
    assert not is_safe_path(path)


@given(st.lists(st.sampled_from(["..", ".", "a", "", "b.c", "\\", ":"]), min_size=1, max_size=6))
def test_no_safe_path_has_a_parent_step(parts: list[str]) -> None:
    path = "/".join(parts)
    if is_safe_path(path):
        assert not set(path.split("/")) & {"..", ".", ""}
