"""The ResNet50 that edge benchmarks run: random weights, two classes; the time it takes does not depend on them.

`python -m benchmarks.resnet50 DIR` makes it (TensorFlow is imported there alone); `resnet50_files` calls that once
and keeps the result in the cache folder.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.settings import load_settings

SIDE: Final = 224
_VERSION: Final = "1"
MEAN_BGR: Final = (103.939, 116.779, 123.68)


@dataclass(frozen=True, slots=True)
class ResNet50Files:
    """The model artifact an edge runs, and the SavedModel it was made from."""

    artifact: Path
    saved_model: Path


def resnet50_files() -> ResNet50Files:
    """The files, made on first use (about a minute)."""
    directory = load_settings().cache_dir / "benchmarks" / f"resnet50-{_VERSION}"
    if not directory.is_dir():
        subprocess.run([sys.executable, "-m", "benchmarks.resnet50", str(directory)], check=True)
    return ResNet50Files(directory / "artifact", directory / "saved")


def _make(directory: Path) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    tf.keras.utils.set_random_seed(1)
    scratch = directory.with_name(f".{directory.name}.{os.getpid()}")
    model = tf.keras.applications.ResNet50(weights=None, classes=2, input_shape=(SIDE, SIDE, 3))
    model.export(str(scratch / "saved"), verbose=False)
    network = tf.lite.TFLiteConverter.from_saved_model(str(scratch / "saved")).convert()
    _write(scratch / "artifact", network)
    os.replace(scratch, directory)


def _write(directory: Path, network: bytes) -> None:
    from consumers.inference.artifact import write_artifact
    from consumers.inference.document import (
        ClassSpec,
        InputSpec,
        Lineage,
        ModelDocument,
        OutputSpec,
        Preprocessing,
        RuntimeSpec,
        Thresholds,
    )

    document = ModelDocument(
        name="resnet50",
        version=_VERSION,
        kind="classification",
        product="benchmark",
        classes=(ClassSpec(name="good", defect=False), ClassSpec(name="defect", defect=True)),
        input=InputSpec(width=SIDE, height=SIDE, channels=3),
        preprocessing=Preprocessing(colour="bgr", mean=MEAN_BGR),
        outputs=(OutputSpec(name="output_0", meaning="probabilities"),),
        thresholds=Thresholds(classes={"defect": 0.5}),
        runtime=RuntimeSpec(name="litert", file="model.tflite"),
        lineage=Lineage(manifest="none", code_commit="none", seed=1, created_at_us=0),
    )
    write_artifact(directory, document, network, {})


if __name__ == "__main__":
    _make(Path(sys.argv[1]))
