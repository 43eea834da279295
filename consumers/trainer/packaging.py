"""Puts an exported model into an artifact with its golden set, and refuses one that the runtime judges otherwise.

The expected scores of the golden set are the runtime's own, taken from the very file that is packed; before that they
are compared with Keras' scores of the same images, through the same preprocessing and post-processing.
"""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from consumers.inference.artifact import Artifact, write_artifact
from consumers.inference.decode import decode
from consumers.inference.document import (
    ClassSpec,
    GoldenSet,
    InputSpec,
    Lineage,
    ModelDocument,
    OutputSpec,
    Precision,
    Preprocessing,
    RuntimeSpec,
    Thresholds,
)
from consumers.inference.errors import InferenceError
from consumers.inference.golden import expectation, run_golden_set
from consumers.inference.postprocess import postprocess
from consumers.inference.predictor import Prediction, Predictor
from consumers.inference.preprocess import Preprocessor
from consumers.trainer.errors import ExportError
from consumers.trainer.export import (
    RUNTIME_FILES,
    Format,
    export_litert,
    export_litert_int8,
    export_onnx,
    input_quantisation,
    named_outputs,
    single_output_meaning,
)
from consumers.trainer.provenance import lineage_of

# Keras and LiteRT sum in different orders: 6e-6 was measured on fp32 (ML.md), three orders below what is allowed.
FP32_TOLERANCE: Final = 5e-3
# What another processor's kernels may add to a score at the edge, by precision.
GOLDEN_TOLERANCE: Final[dict[Precision, float]] = {"fp32": 0.01, "int8": 0.06, "none": 0.01}
MAXIMUM_GOLDEN_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class GoldenPicture:
    """An encoded picture for the golden set and the suffix of its file (`.png`, `.jpg`)."""

    data: bytes
    suffix: str


@dataclass(frozen=True, slots=True)
class Packed:
    """A written artifact and the largest difference of any score between Keras and the runtime, on the golden set."""

    artifact: Artifact
    largest_difference: float


def draft_document(
    model: Any,
    classes: Sequence[str],
    preprocessing: Preprocessing,
    lineage: Lineage,
    *,
    name: str = "model",
    version: str = "1",
    product: str = "any",
    thresholds: Thresholds | None = None,
) -> ModelDocument:
    """The document of a Keras classifier before it is exported: fp32, LiteRT, without a golden set.

    `classes` in the order of the outputs, the good one first. Input size and outputs are read off the model.
    """
    _, height, width, channels = model.input_shape
    defects = tuple(classes[1:])
    return ModelDocument(
        name=name,
        version=version,
        kind="classification",
        product=product,
        classes=tuple(ClassSpec(name=item, defect=item in defects) for item in classes),
        good_class=classes[0],
        input=InputSpec(width=width, height=height, channels=channels),
        preprocessing=preprocessing,
        outputs=_outputs(model),
        thresholds=thresholds or Thresholds(classes=dict.fromkeys(defects, 0.5)),
        runtime=RuntimeSpec(name="litert", file=RUNTIME_FILES["litert"]),
        lineage=lineage,
    )


def _outputs(model: Any) -> tuple[OutputSpec, ...]:
    if isinstance(model.output, dict):
        return (OutputSpec(name="logits", meaning="logits"), OutputSpec(name="embedding", meaning="embedding"))
    meaning = single_output_meaning(model)
    return (OutputSpec(name=meaning, meaning=meaning),)


def export_classification(
    model: Any,
    pictures: Sequence[GoldenPicture],
    directory: Path,
    document: ModelDocument | None = None,
    *,
    precision: Precision = "fp32",
    runtime: Format = "litert",
    representative: Iterable[np.ndarray[Any, Any]] | None = None,
) -> Packed:
    """Export a Keras classifier and write its artifact to `directory` (absent or empty).

    Without `document` one is drafted: classes `class-0` (good), `class-1`, ..., pixels as they are, RGB. `pictures`
    become the golden set; for int8 they are also the representative images unless others are given. Raises
    ExportError when the runtime's scores leave Keras' by more than the precision allows: 0.005 for fp32; for int8 the
    accuracy gate decides, and the difference is only reported.
    """
    drafted = document or draft_document(
        model, [f"class-{i}" for i in range(_width(model))], Preprocessing(), lineage_of("sha256:none", 0, {})
    )
    content, final = _exported(model, drafted, precision, runtime, representative or _inputs(drafted, pictures))
    return _pack(model, drafted, final, content, pictures, directory)


def _width(model: Any) -> int:
    output = model.output["logits"] if isinstance(model.output, dict) else model.output
    return int(output.shape[-1])


def _inputs(document: ModelDocument, pictures: Sequence[GoldenPicture]) -> Iterable[np.ndarray[Any, Any]]:
    preprocessor = Preprocessor(document)
    return (preprocessor.run(decode(picture.data, document))[0] for picture in pictures)


def _exported(
    model: Any,
    document: ModelDocument,
    precision: Precision,
    runtime: Format,
    representative: Iterable[np.ndarray[Any, Any]],
) -> tuple[bytes, ModelDocument]:
    """The runtime file and the document that describes it."""
    spec = RuntimeSpec(name=runtime, file=RUNTIME_FILES[runtime], precision=precision)
    final = msgspec.structs.replace(document, runtime=spec)
    if runtime == "onnx":
        if precision != "fp32":
            raise ExportError(f"ONNX is exported in fp32 only, not {precision}")
        return export_onnx(model), final
    if precision == "fp32":
        return export_litert(model), final
    content = export_litert_int8(model, representative)
    quantised = msgspec.structs.replace(document.input, dtype="int8", quantisation=input_quantisation(content))
    return content, msgspec.structs.replace(final, input=quantised)


def _pack(
    model: Any,
    drafted: ModelDocument,
    final: ModelDocument,
    content: bytes,
    pictures: Sequence[GoldenPicture],
    directory: Path,
) -> Packed:
    try:
        seen = _runtime_predictions(final, content, pictures)
        difference = max(
            (
                _difference(got, expected)
                for got, expected in zip(seen, keras_scores(model, drafted, pictures), strict=True)
            ),
            default=0.0,
        )
        if final.runtime.precision == "fp32" and difference > FP32_TOLERANCE:
            raise ExportError(
                f"the runtime's scores leave Keras' by {difference:.4f} (allowed {FP32_TOLERANCE}); nothing was written"
            )
        names = [f"golden/{place:02d}{picture.suffix}" for place, picture in enumerate(pictures)]
        golden = GoldenSet(
            images=tuple(expectation(name, got) for name, got in zip(names, seen, strict=True)),
            tolerance=GOLDEN_TOLERANCE[final.runtime.precision],
        )
        files = {name: picture.data for name, picture in zip(names, pictures, strict=True)}
        artifact = write_artifact(directory, msgspec.structs.replace(final, golden=golden), content, files)
    except InferenceError as error:
        raise ExportError(f"the exported model does not run: {error}") from error
    except OSError as error:
        raise ExportError(f"cannot write {directory}: {error.strerror or error}") from error
    return Packed(artifact, difference)


def _runtime_predictions(
    document: ModelDocument, content: bytes, pictures: Sequence[GoldenPicture]
) -> list[Prediction]:
    with tempfile.TemporaryDirectory(prefix="linewatch-export-") as folder:
        predictor = Predictor(write_artifact(Path(folder) / "trial", document, content, {}))
        try:
            return [predictor.predict(picture.data) for picture in pictures]
        finally:
            predictor.close()


def keras_scores(model: Any, document: ModelDocument, pictures: Sequence[GoldenPicture]) -> list[dict[str, float]]:
    """The scores per class that Keras gives, through the shared decoding, preprocessing and post-processing."""
    preprocessor, scores = Preprocessor(document), []
    for picture in pictures:
        tensor, geometry = preprocessor.run(decode(picture.data, document))
        named = named_outputs(model, model(tensor, training=False))
        outputs = [np.asarray(named[output.name]) for output in document.outputs]
        scores.append(postprocess(document, outputs, geometry).scores)
    return scores


def _difference(prediction: Prediction, expected: dict[str, float]) -> float:
    return max(abs(prediction.scores[name] - score) for name, score in expected.items())


def verify_golden(artifact: Artifact) -> float:
    """Run a written artifact's golden set; returns the largest difference, ExportError when it fails."""
    predictor = Predictor(artifact)
    try:
        report = run_golden_set(predictor)
    finally:
        predictor.close()
    if not report.passed:
        raise ExportError(f"{artifact.directory} fails its own golden set: {'; '.join(report.failures[:3])}")
    return report.largest_difference
