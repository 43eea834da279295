"""What is special about ONNX Runtime: batches of any size and uint8 inputs."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from consumers.inference.artifact import write_artifact
from consumers.inference.document import Preprocessing
from consumers.inference.errors import ModelRuntimeError
from consumers.inference.runtimes.onnx import OnnxInferencer
from tests.consumers.inference.artifacts import tiny_artifact, tiny_document
from tests.consumers.inference.tiny_models import SIDE, tiny_onnx


def test_a_dynamic_batch_runs_at_once_and_agrees(tmp_path: Path) -> None:
    dynamic = write_artifact(tmp_path / "dynamic", tiny_document(), tiny_onnx(dynamic_batch=True), {})
    batch = np.random.default_rng(2).random((5, SIDE, SIDE, 3), np.float32)
    fixed = OnnxInferencer(tiny_artifact(tmp_path / "fixed"), threads=1).infer(batch)[0]
    np.testing.assert_allclose(OnnxInferencer(dynamic, threads=1).infer(batch)[0], fixed, atol=1e-6)


def test_uint8_pixels_go_in_as_they_are(tmp_path: Path) -> None:
    document = tiny_document()
    spec = msgspec.structs.replace(document.input, dtype="uint8")
    eight = msgspec.structs.replace(document, input=spec, preprocessing=Preprocessing())
    artifact = write_artifact(tmp_path / "eight", eight, tiny_onnx(in_uint8=True), {})
    pixels = np.full((1, SIDE, SIDE, 3), 102, np.uint8)
    expected = OnnxInferencer(tiny_artifact(tmp_path / "float"), threads=1).infer(pixels.astype(np.float32) / 255)
    np.testing.assert_allclose(OnnxInferencer(artifact, threads=1).infer(pixels)[0], expected[0], atol=1e-5)


def test_another_input_type_than_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRuntimeError, match=r"uint8, but model\.json says"):
        OnnxInferencer(write_artifact(tmp_path / "m", tiny_document(), tiny_onnx(in_uint8=True), {}), threads=1)


def test_a_failure_while_running_is_our_error(tmp_path: Path) -> None:
    inferencer = OnnxInferencer(tiny_artifact(tmp_path / "model"), threads=1)
    inferencer._names = ["nowhere"]  # as if the file had changed below us
    with pytest.raises(ModelRuntimeError, match="ONNX Runtime failed"):
        inferencer.infer(np.zeros((1, SIDE, SIDE, 3), np.float32))
