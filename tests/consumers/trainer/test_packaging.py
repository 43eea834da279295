"""An exported model is packed only when the edge's runtime says what Keras says."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from consumers.inference.golden import run_golden_set
from consumers.inference.predictor import Predictor
from consumers.trainer import packaging
from consumers.trainer.errors import ExportError
from consumers.trainer.export import export_litert
from consumers.trainer.packaging import GoldenPicture, export_classification, verify_golden
from consumers.trainer.tensorflow_setup import keras, seed_everything
from tests.consumers.trainer.drawing import draw_part

pytestmark = pytest.mark.integration


def _plain_classifier(seed: int) -> Any:
    """A plain Keras classifier as the benchmarks use them: one softmax output, nothing of linewatch in it."""
    seed_everything(seed)
    layers = keras().layers
    inputs = layers.Input((32, 32, 3))
    features = layers.Conv2D(8, 3, 2, padding="same", activation="relu")(layers.Rescaling(1 / 128, -1)(inputs))
    return keras().Model(inputs, layers.Dense(3, activation="softmax")(layers.GlobalMaxPooling2D()(features)))


@pytest.fixture(scope="module")
def model() -> Any:
    return _plain_classifier(0)


@pytest.fixture(scope="module")
def pictures() -> tuple[GoldenPicture, ...]:
    rng = np.random.default_rng(0)
    drawn = [draw_part(label, rng)[0] for label in ("good", "scratch", "spot") * 3]
    return tuple(GoldenPicture(cv2.imencode(".png", pixels)[1].tobytes(), ".png") for pixels in drawn)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_plain_keras_model_becomes_an_artifact(
    model: Any, pictures: tuple[GoldenPicture, ...], tmp_path: Path, precision: Any
) -> None:
    packed = export_classification(model, pictures, tmp_path / "model", precision=precision)
    document = packed.artifact.document
    assert document.class_names == ("class-0", "class-1", "class-2")
    assert document.runtime.precision == precision
    assert document.input.dtype == {"fp32": "float32", "int8": "int8"}[precision]
    assert packed.largest_difference < {"fp32": 1e-4, "int8": 0.1}[precision]
    assert run_golden_set(Predictor(packed.artifact)).images == len(pictures)
    assert verify_golden(packed.artifact) == 0.0


def test_onnx_is_an_artifact_too(model: Any, pictures: tuple[GoldenPicture, ...], tmp_path: Path) -> None:
    packed = export_classification(model, pictures, tmp_path / "model", runtime="onnx")
    assert packed.artifact.document.runtime.name == "onnx"
    assert packed.largest_difference < 1e-4


def test_a_runtime_that_disagrees_is_refused_and_nothing_is_written(
    model: Any, pictures: tuple[GoldenPicture, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = export_litert(_plain_classifier(1))
    monkeypatch.setattr(packaging, "export_litert", lambda _: other)
    with pytest.raises(ExportError, match="leave Keras' by"):
        export_classification(model, pictures, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_int8_in_onnx_is_not_made(model: Any, pictures: tuple[GoldenPicture, ...], tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="fp32 only"):
        export_classification(model, pictures, tmp_path / "model", runtime="onnx", precision="int8")
