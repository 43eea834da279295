"""ONNX Runtime on the CPU: the second runtime, faster than LiteRT on some fp32 networks."""

from typing import Any

import numpy as np

from consumers.inference.artifact import Artifact
from consumers.inference.document import InputSpec
from consumers.inference.errors import ModelRuntimeError
from consumers.inference.runtimes.inferencer import Tensor, check_shape, dequantise, quantise, shape_of

_DTYPES = {"tensor(float)": "float32", "tensor(uint8)": "uint8", "tensor(int8)": "int8"}


class OnnxInferencer:
    """Runs an .onnx file on ONNX Runtime's CPU provider."""

    def __init__(self, artifact: Artifact, threads: int) -> None:
        self._spec = artifact.document.input
        self._session = _open_session(str(artifact.runtime_file), threads)
        inputs = self._session.get_inputs()
        _check_input(inputs, self._spec, artifact)
        self._input: str = inputs[0].name
        self._fixed_to_one = inputs[0].shape[0] == 1
        self._names = [output.name for output in artifact.document.outputs]
        self._quantisations = [output.quantisation for output in artifact.document.outputs]
        known = {output.name for output in self._session.get_outputs()}
        if missing := set(self._names) - known:
            raise ModelRuntimeError(f"{artifact.runtime_file}: no output {sorted(missing)}, only {sorted(known)}")

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Shape of one input without its batch axis."""
        return shape_of(self._spec)

    def infer(self, batch: Tensor) -> tuple[Tensor, ...]:
        """Run the model on (n, *input_shape); see `Inferencer`."""
        check_shape(batch, self._spec)
        stored = quantise(batch, self._spec.quantisation, np.dtype(self._spec.dtype))
        if len(stored) == 1 or not self._fixed_to_one:
            return self._run(stored)
        rows = [self._run(stored[index : index + 1]) for index in range(len(stored))]
        return tuple(np.concatenate(parts) for parts in zip(*rows, strict=True))

    def close(self) -> None:
        """Free the session and its arena."""
        self._session = None

    def _run(self, stored: Tensor) -> tuple[Tensor, ...]:
        if self._session is None:
            raise ModelRuntimeError("the ONNX model is closed")
        try:
            values = self._session.run(self._names, {self._input: stored})
        except Exception as error:  # onnxruntime's exceptions share no public base but Exception
            raise ModelRuntimeError(f"ONNX Runtime failed: {error}") from error
        return tuple(dequantise(value, q) for value, q in zip(values, self._quantisations, strict=True))


def _open_session(path: str, threads: int) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelRuntimeError(f"ONNX Runtime is not installed ({error}): install linewatch[edge]") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: warnings about unused initialisers are of no use on an edge
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no public base but Exception
        raise ModelRuntimeError(f"{path}: ONNX Runtime refused the model: {error}") from error


def _check_input(inputs: list[Any], spec: InputSpec, artifact: Artifact) -> None:
    if len(inputs) != 1:
        raise ModelRuntimeError(f"{artifact.runtime_file}: has {len(inputs)} inputs, exactly one is expected")
    shape, dtype = inputs[0].shape, _DTYPES.get(inputs[0].type, inputs[0].type)
    # A side that is a name instead of a number is dynamic and takes any size.
    fits = len(shape) == 4 and all(
        not isinstance(own, int) or own == wanted for own, wanted in zip(shape[1:], shape_of(spec), strict=True)
    )
    if not fits or dtype != spec.dtype:
        wanted = f"{shape_of(spec)} {spec.dtype}"
        raise ModelRuntimeError(f"{artifact.runtime_file}: takes {shape} {dtype}, but model.json says {wanted}")
