"""One contract for every runtime: shapes, batches, agreement, errors; and quantisation by the formula."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.inference.document import Quantisation
from consumers.inference.errors import ModelRuntimeError
from consumers.inference.runtimes.inferencer import check_shape, dequantise, quantise, shape_of
from consumers.inference.runtimes.opening import open_inferencer
from tests.consumers.inference.artifacts import tiny_artifact, tiny_document
from tests.consumers.inference.tiny_models import SIDE, expected_probabilities

RUNTIMES = ["onnx", "litert", "litert-int8"]
TOLERANCE = {"onnx": 1e-5, "litert": 1e-5, "litert-int8": 0.02}


def pictures(count: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(3).random((count, SIDE, SIDE, 3), np.float32)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("count", [1, 3])
def test_outputs_are_float32_in_the_documents_order(tmp_path: Path, runtime: str, count: int) -> None:
    inferencer = open_inferencer(tiny_artifact(tmp_path / "model", runtime))
    batch = pictures(count)
    probabilities, features = inferencer.infer(batch)
    assert inferencer.input_shape == (SIDE, SIDE, 3)
    assert (probabilities.shape, features.shape) == ((count, 2), (count, 3))
    assert probabilities.dtype == features.dtype == np.float32
    expected = np.array([expected_probabilities(picture) for picture in batch])
    np.testing.assert_allclose(probabilities, expected, atol=TOLERANCE[runtime])
    np.testing.assert_allclose(features, batch.mean(axis=(1, 2)), atol=TOLERANCE[runtime])


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_outputs_may_be_asked_for_in_another_order_or_left_out(tmp_path: Path, runtime: str) -> None:
    first, second = tiny_document().outputs
    turned = open_inferencer(tiny_artifact(tmp_path / "turned", runtime, outputs=(second, first)))
    alone = open_inferencer(tiny_artifact(tmp_path / "alone", runtime, outputs=(first,)))
    batch = pictures(1)
    assert [output.shape for output in turned.infer(batch)] == [(1, 3), (1, 2)]
    assert np.array_equal(alone.infer(batch)[0], turned.infer(batch)[1])


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_results_are_the_callers_own(tmp_path: Path, runtime: str) -> None:
    inferencer = open_inferencer(tiny_artifact(tmp_path / "model", runtime))
    kept = inferencer.infer(pictures(1))[0]
    before = kept.copy()
    inferencer.infer(np.zeros((1, SIDE, SIDE, 3), np.float32))
    assert np.array_equal(kept, before)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("shape", [(SIDE, SIDE, 3), (1, 3, SIDE, SIDE), (0, SIDE, SIDE, 3), (1, SIDE, SIDE, 1)])
def test_a_wrong_shape_is_an_error(tmp_path: Path, runtime: str, shape: tuple[int, ...]) -> None:
    inferencer = open_inferencer(tiny_artifact(tmp_path / "model", runtime))
    with pytest.raises(ModelRuntimeError, match="the model takes"):
        inferencer.infer(np.zeros(shape, np.float32))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_closed_model_does_not_crash(tmp_path: Path, runtime: str) -> None:
    inferencer = open_inferencer(tiny_artifact(tmp_path / "model", runtime))
    inferencer.close()
    with pytest.raises(ModelRuntimeError, match="closed"):
        inferencer.infer(pictures(1))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_broken_model_file_is_an_error(tmp_path: Path, runtime: str) -> None:
    artifact = tiny_artifact(tmp_path / "model", runtime)
    artifact.runtime_file.write_bytes(b"not a model" * 10)
    with pytest.raises(ModelRuntimeError, match="refused the model"):
        open_inferencer(artifact)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_document_that_does_not_fit_the_file_is_an_error(tmp_path: Path, runtime: str) -> None:
    document = tiny_document(runtime)
    wide = msgspec.structs.replace(document.input, width=2 * SIDE)
    with pytest.raises(ModelRuntimeError, match=r"model\.json says"):
        open_inferencer(tiny_artifact(tmp_path / "wide", runtime, input=wide))
    named = (msgspec.structs.replace(document.outputs[0], name="nothing"),)
    with pytest.raises(ModelRuntimeError, match="no output"):
        open_inferencer(tiny_artifact(tmp_path / "named", runtime, outputs=named))


def test_shapes_by_layout() -> None:
    spec = tiny_document().input
    assert shape_of(spec) == (SIDE, SIDE, 3)
    planes = msgspec.structs.replace(spec, layout="nchw")
    assert shape_of(planes) == (3, SIDE, SIDE)
    check_shape(np.zeros((2, 3, SIDE, SIDE)), planes)


quantisations = st.builds(Quantisation, scale=st.floats(0.001, 1), zero_point=st.integers(-128, 127))


@given(st.lists(st.integers(-128, 127), min_size=1), quantisations)
def test_quantising_gives_back_what_was_dequantised(stored: list[int], quantisation: Quantisation) -> None:
    values = np.array(stored, np.int8)
    assert np.array_equal(quantise(dequantise(values, quantisation), quantisation, np.dtype(np.int8)), values)


@given(st.floats(-1e6, 1e6), quantisations)
def test_quantising_saturates(value: float, quantisation: Quantisation) -> None:
    stored = quantise(np.array([value], np.float32), quantisation, np.dtype(np.int8))
    exact = value / quantisation.scale + quantisation.zero_point
    assert abs(float(stored[0]) - min(max(exact, -128), 127)) <= max(0.51, abs(exact) * 1e-6)


def test_values_in_the_right_type_are_not_copied() -> None:
    values = np.zeros(3, np.float32)
    assert quantise(values, None, np.dtype(np.float32)) is values
    assert dequantise(values, None) is values
