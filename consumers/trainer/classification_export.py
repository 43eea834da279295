"""Exports a trained classifier: fp32 always, int8 in its place when the gate lets it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from consumers.inference.artifact import Artifact, write_artifact
from consumers.inference.document import ModelDocument
from consumers.trainer.export import REPRESENTATIVE_IMAGES
from consumers.trainer.golden_choice import choose_golden
from consumers.trainer.head import softmax
from consumers.trainer.int8_gate import GateResult, compare_precisions
from consumers.trainer.network_outputs import compile_forward, output_of
from consumers.trainer.packaging import GoldenPicture, Packed, export_classification, verify_golden
from consumers.trainer.prepared_images import PreparedImages
from consumers.trainer.progress import Listener, Progress

# Training images on which int8 and fp32 must agree as well: validation alone is small.
FURTHER_IMAGES: Final = 200


@dataclass(frozen=True, slots=True)
class Exported:
    """The artifact that was written, how far the runtime's scores lie from Keras', the gate's finding, remarks."""

    artifact: Artifact
    largest_difference: float
    gate: GateResult | None
    warnings: tuple[str, ...]


def export_gated(
    model: Any, document: ModelDocument, images: PreparedImages, directory: Path, *, int8: bool, listen: Listener
) -> Exported:
    """Write the artifact to `directory`: int8 if asked for and accepted, else fp32.

    Everything is made and checked in a scratch folder first. Raises ExportError when fp32 disagrees with Keras.
    """
    pictures = _golden(model, images)
    with tempfile.TemporaryDirectory(prefix="linewatch-export-") as folder:
        scratch = Path(folder)
        listen(Progress(stage="export", message="LiteRT fp32"))
        packed = export_classification(model, pictures, scratch / "fp32", document)
        gate = None
        if int8:
            listen(Progress(stage="export", message="LiteRT int8"))
            rounded = export_classification(
                model, pictures, scratch / "int8", document, precision="int8", representative=_representative(images)
            )
            listen(Progress(stage="check", message="accuracy of int8 against fp32"))
            gate = _compare(packed.artifact, rounded.artifact, images)
            packed = rounded if gate.accepted else packed
        artifact = _deliver(packed, gate, directory)
    verify_golden(artifact)
    remarks = (f"int8 refused, fp32 was kept: {'; '.join(gate.reasons)}",) if gate and not gate.accepted else ()
    return Exported(artifact, packed.largest_difference, gate, remarks)


def _golden(model: Any, images: PreparedImages) -> tuple[GoldenPicture, ...]:
    """Pictures of the validation split, of the training split where there is none: test images stay untouched."""
    rows = images.rows("validation")
    rows = rows if len(rows) >= 8 else np.concatenate([rows, images.rows("train")[:64]])
    probabilities = softmax(output_of(compile_forward(model), "logits", images, rows))
    return choose_golden([images.images[row] for row in rows], probabilities)


def _representative(images: PreparedImages) -> list[np.ndarray[Any, Any]]:
    """Inputs of training images, taken evenly over the split."""
    rows = images.rows("train")
    chosen = rows[np.linspace(0, len(rows) - 1, min(REPRESENTATIVE_IMAGES, len(rows))).astype(np.int64)]
    return [images.batch(chosen[place : place + 1]).images for place in range(len(chosen))]


def _compare(fp32: Artifact, int8: Artifact, images: PreparedImages) -> GateResult:
    validation = [images.images[row] for row in images.rows("validation")]
    training = [images.images[row] for row in images.rows("train")]
    further = training[:: max(1, len(training) // FURTHER_IMAGES)][:FURTHER_IMAGES]
    return compare_precisions(fp32, int8, validation or further, further if validation else [])


def _deliver(packed: Packed, gate: GateResult | None, directory: Path) -> Artifact:
    """Write the chosen artifact again with the gate's figures in its lineage."""
    document = packed.artifact.document
    figures = {"golden_difference": packed.largest_difference} | (gate.metrics() if gate else {})
    metrics = document.lineage.metrics | {name: round(value, 6) for name, value in figures.items()}
    final = msgspec.structs.replace(document, lineage=msgspec.structs.replace(document.lineage, metrics=metrics))
    folder = packed.artifact.directory
    golden = {image.file: (folder / image.file).read_bytes() for image in document.golden.images}
    return write_artifact(directory, final, packed.artifact.runtime_file, golden)
