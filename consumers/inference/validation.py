"""What must hold between the fields of a model document, beyond the types that msgspec checks."""

import math
from collections.abc import Iterator
from pathlib import PurePosixPath

from consumers.inference.document import FORMAT_VERSION, Meaning, ModelDocument, RuntimeName

SUFFIXES: dict[RuntimeName, str] = {"litert": ".tflite", "onnx": ".onnx", "rules": ".json"}
_SCORING: tuple[Meaning, ...] = ("probabilities", "logits", "scores", "anomaly", "heatmap", "box-scores")
_SCORING_BY_KIND: dict[str, tuple[Meaning, ...]] = {
    "classification": ("probabilities", "logits", "scores"),
    "anomaly": ("anomaly", "heatmap"),
    "detection": ("box-scores",),
    "rules": ("scores",),
}


def problems(document: ModelDocument) -> Iterator[str]:
    """Yield every contradiction in a document as one sentence that names the field; nothing when it is sound."""
    if document.format_version != FORMAT_VERSION:
        yield f"format_version is {document.format_version}, this program reads {FORMAT_VERSION}"
    yield from _class_problems(document)
    yield from _input_problems(document)
    yield from _output_problems(document)
    yield from _runtime_problems(document)
    yield from _golden_problems(document)


def is_safe_path(text: str) -> bool:
    """Tell whether a path of the document stays inside the artifact on every system (POSIX and Windows)."""
    if not text or any(ord(letter) < 32 for letter in text) or any(letter in text for letter in '\\:*?"<>|'):
        return False
    parts = text.split("/")
    if any(part in {"", ".", ".."} or part.endswith((".", " ")) for part in parts):
        return False
    return not PurePosixPath(text).is_absolute()


def _class_problems(document: ModelDocument) -> Iterator[str]:
    names = document.class_names
    if len(set(names)) != len(names):
        yield f"classes has a name twice: {list(names)}"
    if not document.defect_classes:
        yield "classes has no defect class: mark at least one with defect: true"
    if document.good_class in document.defect_classes:
        yield f"good_class {document.good_class!r} is marked as a defect"
    if document.kind in {"classification", "anomaly"} and document.good_class not in names:
        yield f"good_class {document.good_class!r} is not among the classes {list(names)}"
    if document.kind == "anomaly" and len(document.defect_classes) != 1:
        yield f"an anomaly model has exactly one defect class, not {list(document.defect_classes)}"
    if missing := set(document.defect_classes) - set(document.thresholds.classes):
        yield f"thresholds.classes lacks {sorted(missing)}: every defect class needs one"
    if unknown := set(document.thresholds.classes) - set(document.defect_classes):
        yield f"thresholds.classes names {sorted(unknown)}, which are no defect classes"


def _input_problems(document: ModelDocument) -> Iterator[str]:
    spec, steps = document.input, document.preprocessing
    if (steps.colour == "grey") != (spec.channels == 1):
        yield f"preprocessing.colour {steps.colour!r} does not fit input.channels {spec.channels}"
    for field, values in (("mean", steps.mean), ("scale", steps.scale)):
        if len(values) != spec.channels:
            yield f"preprocessing.{field} has {len(values)} numbers for {spec.channels} channels"
        if not all(math.isfinite(value) for value in values):
            yield f"preprocessing.{field} is not finite: {list(values)}"
    if (region := steps.region) is not None and (region.x + region.width > 1 or region.y + region.height > 1):
        yield "preprocessing.region reaches beyond the picture: x + width and y + height must be at most 1"
    if spec.dtype == "float32" and spec.quantisation is not None:
        yield "input.quantisation is given for a float32 input"
    if spec.dtype == "int8" and spec.quantisation is None:
        yield "input.quantisation is missing for an int8 input"
    if document.kind == "rules" and (spec.dtype != "uint8" or spec.layout != "nhwc" or spec.quantisation is not None):
        yield "a rules model needs a uint8, nhwc input without quantisation"
    if document.kind == "rules" and (steps.colour == "rgb" or {*steps.mean} != {0.0} or {*steps.scale} != {1.0}):
        yield "a rules model needs preprocessing in bgr or grey with mean 0 and scale 1: its steps see plain greys"


def _output_problems(document: ModelDocument) -> Iterator[str]:
    meanings = [output.meaning for output in document.outputs]
    if len({output.name for output in document.outputs}) != len(meanings):
        yield "outputs has a name twice"
    if len(set(meanings)) != len(meanings):
        yield f"outputs has a meaning twice: {meanings}"
    if not set(meanings) & set(_SCORING_BY_KIND[document.kind]):
        yield f"outputs of kind {document.kind} need one of {list(_SCORING_BY_KIND[document.kind])}, not {meanings}"
    allowed = {*_SCORING_BY_KIND[document.kind], *(["box-scores"] if document.kind == "rules" else [])}
    if extra := set(meanings) & set(_SCORING) - allowed:
        yield f"outputs of kind {document.kind} cannot mean {sorted(extra)}"
    if "box-scores" in meanings and "boxes" not in meanings:
        yield "outputs has box-scores without boxes"
    calibration = document.postprocessing.calibration
    if document.kind == "anomaly" and calibration is None:
        yield "postprocessing.calibration is missing: an anomaly value needs it to become a score"
    if calibration is not None and not (
        math.isfinite(calibration.low) and math.isfinite(calibration.high) and calibration.low < calibration.high
    ):
        yield f"postprocessing.calibration needs low < high, not {calibration.low} and {calibration.high}"


def _runtime_problems(document: ModelDocument) -> Iterator[str]:
    runtime = document.runtime
    if (runtime.name == "rules") != (document.kind == "rules"):
        yield f"runtime {runtime.name!r} does not fit kind {document.kind!r}"
    if not is_safe_path(runtime.file):
        yield f"runtime.file {runtime.file!r} leaves the artifact or is no portable name"
    if not runtime.file.endswith(SUFFIXES[runtime.name]):
        yield f"runtime.file {runtime.file!r} should end in {SUFFIXES[runtime.name]} for runtime {runtime.name}"


def _golden_problems(document: ModelDocument) -> Iterator[str]:
    allowed = {*document.class_names, document.good_class}
    for image in document.golden.images:
        if not image.file.startswith("golden/") or not is_safe_path(image.file):
            yield f"golden file {image.file!r} is not a safe path below golden/"
        if unknown := ({image.label} | set(image.scores)) - allowed:
            yield f"golden {image.file} names unknown classes {sorted(unknown)}"
