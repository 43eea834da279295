"""What is special about LiteRT: integer tensors and its quantisation."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from consumers.inference.document import Quantisation
from consumers.inference.errors import ModelRuntimeError
from consumers.inference.runtimes.litert import LiteRtInferencer
from tests.consumers.inference.artifacts import tiny_artifact, tiny_document
from tests.consumers.inference.tiny_models import INPUT_SCALE, SIDE


def test_an_int8_model_takes_int8_and_float_alike(tmp_path: Path) -> None:
    inferencer = LiteRtInferencer(tiny_artifact(tmp_path / "model", "litert-int8"), threads=1)
    stored = np.random.default_rng(1).integers(-128, 127, (1, SIDE, SIDE, 3), np.int8)
    real = (stored.astype(np.float32) + 128) * np.float32(INPUT_SCALE)
    assert np.array_equal(inferencer.infer(stored)[0], inferencer.infer(real)[0])


def test_another_input_quantisation_than_the_files_is_refused(tmp_path: Path) -> None:
    spec = tiny_document("litert-int8").input
    wrong = msgspec.structs.replace(spec, quantisation=Quantisation(scale=0.1, zero_point=0))
    with pytest.raises(ModelRuntimeError, match="quantised by"):
        LiteRtInferencer(tiny_artifact(tmp_path / "model", "litert-int8", input=wrong), threads=1)


def test_output_quantisation_comes_from_the_file_unless_the_document_says_it(tmp_path: Path) -> None:
    document = tiny_document("litert-int8")
    doubled = msgspec.structs.replace(document.outputs[0], quantisation=Quantisation(scale=2 / 256, zero_point=-128))
    plain = LiteRtInferencer(tiny_artifact(tmp_path / "plain", "litert-int8"), threads=1)
    other = LiteRtInferencer(tiny_artifact(tmp_path / "other", "litert-int8", outputs=(doubled,)), threads=1)
    batch = np.full((1, SIDE, SIDE, 3), 0.4, np.float32)
    assert np.array_equal(plain.infer(batch)[0] * 2, other.infer(batch)[0])


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_do_not_change_results(tmp_path: Path, threads: int) -> None:
    inferencer = LiteRtInferencer(tiny_artifact(tmp_path / "model", "litert"), threads=threads)
    batch = np.full((1, SIDE, SIDE, 3), 0.4, np.float32)
    assert inferencer.infer(batch)[0].sum() == pytest.approx(1)
