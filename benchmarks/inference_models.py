"""The files the `inference` benchmark runs: one ResNet50 in every runtime's form, and images to compare them on.

`python -m benchmarks.inference_models DIR` makes them (TensorFlow is imported there alone, about two minutes).
ResNet50 has random weights, since its ImageNet file is in no package: batch normalisation is measured on the images,
and a ridge classifier on its frozen features makes it tell good parts from defective ones, so that agreement
means something.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from infra.settings import load_settings

SIDE: Final = 224
_VERSION: Final = "3"
_TRAINING: Final = 240  # images; the other 110 are the test
Images = NDArray[np.float32]


def inference_files() -> Path:
    """The folder of files, made on first use."""
    directory = load_settings().cache_dir / "benchmarks" / f"inference-{_VERSION}"
    if not directory.is_dir():
        subprocess.run([sys.executable, "-m", "benchmarks.inference_models", str(directory)], check=True)
    return directory


def _folder(scratch: Path) -> Path:
    """Real light guide plates where the shared data lies beside the checkout, else drawn panels."""
    shared = Path(__file__).parents[2] / "shared" / "data" / "lgp_surface"
    if shared.is_dir():
        return shared
    from producers.sources.synthetic import write_dataset

    write_dataset("panel", 350, scratch / "images", seed=11)
    return scratch / "images"


def _images(folder: Path) -> tuple[Images, NDArray[np.int64]]:
    """Images (n, 224, 224, 3) float32 as ResNet50 takes them (BGR minus ImageNet's mean), and 1 for defective."""
    import cv2
    import msgspec

    rows = [msgspec.json.decode(line) for line in (folder / "annotations.jsonl").read_bytes().splitlines()]
    rows.sort(key=lambda row: str(row["sha256"]))  # no order of the camera's
    loaded = [cv2.imread(str(folder / row["file"]), cv2.IMREAD_COLOR) for row in rows]
    pixels = [cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for image in loaded if image is not None]
    mean = np.array([103.939, 116.779, 123.68], np.float32)
    return np.stack(pixels).astype(np.float32) - mean, np.array([row["label"] != "good" for row in rows], np.int64)


def _turned(images: Images) -> Images:
    """Each image upright, upside down, and both mirrored: four times as many to be right or wrong about."""
    return np.concatenate([images, images[:, ::-1], images[:, :, ::-1], images[:, ::-1, ::-1]])


def _make(directory: Path) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from consumers.trainer.export import export_litert, export_litert_int8, export_onnx

    scratch = directory.with_name(f".{directory.name}.{os.getpid()}")
    scratch.mkdir(parents=True)
    images, labels = _images(_folder(scratch))
    model = _fitted(_turned(images[:_TRAINING]), np.tile(labels[:_TRAINING], 4))
    np.savez(scratch / "test.npz", images=_turned(images[_TRAINING:]), labels=np.tile(labels[_TRAINING:], 4))
    model.save(scratch / "model.keras")
    model.export(str(scratch / "saved"), verbose=False)
    (scratch / "model.onnx").write_bytes(export_onnx(model))
    samples = [image[None] for image in images[:100]]
    # Its calibration keeps every activation of every sample: a few dozen would fill this machine's memory.
    _quantise_onnx(scratch / "model.onnx", scratch / "model-int8.onnx", samples[:12])
    _write_artifact(scratch / "fp32", export_litert(model), None)
    int8 = export_litert_int8(model, samples)
    _write_artifact(scratch / "int8", int8, "int8")
    os.replace(scratch, directory)


def _fitted(images: Images, labels: NDArray[np.int64]) -> Any:
    from consumers.trainer.tensorflow_setup import keras, seed_everything

    seed_everything(1)
    base = keras().applications.ResNet50(weights=None, include_top=False, pooling="avg", input_shape=(SIDE, SIDE, 3))
    for layer in base.layers:
        if isinstance(layer, keras().layers.BatchNormalization):
            layer.momentum = 0.0  # the last batch's statistics become the moving ones
    base(images[:32], training=True)
    features = np.concatenate([base(images[i : i + 40], training=False).numpy() for i in range(0, len(images), 40)])
    mean, spread = features.mean(0), features.std(0) + 1e-3
    scaled = (features - mean) / spread
    targets = np.eye(2)[labels]
    weights = np.linalg.solve(scaled.T @ scaled + 300.0 * np.eye(scaled.shape[1]), scaled.T @ targets)
    head = keras().layers.Dense(2, name="classes")
    model = keras().Sequential([base, head])
    kernel = weights / spread[:, None]
    head.set_weights([kernel.astype(np.float32), (targets.mean(0) - mean @ kernel).astype(np.float32)])
    return model


def _quantise_onnx(source: Path, target: Path, samples: list[Images]) -> None:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._rest = iter(samples)

        def get_next(self) -> dict[str, Images] | None:
            image = next(self._rest, None)
            return None if image is None else {"image": image}

    # As ONNX Runtime's documentation says for CNNs on x86-64 with VNNI: QDQ, int8 weights per channel.
    quantize_static(
        source,
        target,
        Reader(),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
    )


def _write_artifact(directory: Path, network: bytes, precision: str | None) -> None:
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
    from consumers.trainer.export import input_quantisation

    quantisation = input_quantisation(network) if precision else None
    document = ModelDocument(
        name="resnet50",
        version=_VERSION,
        kind="classification",
        product="benchmark",
        classes=(ClassSpec(name="good", defect=False), ClassSpec(name="defect", defect=True)),
        input=InputSpec(
            width=SIDE, height=SIDE, channels=3, dtype="int8" if precision else "float32", quantisation=quantisation
        ),
        preprocessing=Preprocessing(colour="bgr", mean=(103.939, 116.779, 123.68)),
        outputs=(OutputSpec(name="logits", meaning="logits"),),
        thresholds=Thresholds(classes={"defect": 0.5}),
        runtime=RuntimeSpec(name="litert", file="model.tflite", precision="int8" if precision else "fp32"),
        lineage=Lineage(manifest="none", code_commit="none", seed=1, created_at_us=0),
    )
    write_artifact(directory, document, network, {})


if __name__ == "__main__":
    _make(Path(sys.argv[1]))
