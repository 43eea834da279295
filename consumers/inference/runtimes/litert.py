"""LiteRT (TensorFlow Lite) through `ai-edge-litert`, with its XNNPACK kernels: the default of an edge."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from consumers.inference.artifact import Artifact
from consumers.inference.document import InputSpec, OutputSpec, Quantisation
from consumers.inference.errors import ModelRuntimeError
from consumers.inference.runtimes.inferencer import Tensor, check_shape, dequantise, quantise, shape_of


class LiteRtInferencer:
    """Runs a .tflite file. A model with a fixed batch of 1 takes larger batches image by image."""

    def __init__(self, artifact: Artifact, threads: int) -> None:
        self._spec = artifact.document.input
        self._interpreter = _open_interpreter(str(artifact.runtime_file), threads)
        details = self._interpreter.get_input_details()
        _check_input(details, self._spec, artifact)
        self._input: int = details[0]["index"]
        self._dtype = details[0]["dtype"]
        self._quantisation = self._spec.quantisation or _quantisation(details[0])
        self._outputs = _match_outputs(self._interpreter, artifact)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Shape of one input without its batch axis."""
        return shape_of(self._spec)

    def infer(self, batch: Tensor) -> tuple[Tensor, ...]:
        """Run the model on (n, *input_shape); see `Inferencer`."""
        check_shape(batch, self._spec)
        stored = quantise(batch, self._quantisation, self._dtype)
        if len(stored) == 1:
            return self._infer_one(stored)
        rows = [self._infer_one(stored[index : index + 1]) for index in range(len(stored))]
        return tuple(np.concatenate(parts) for parts in zip(*rows, strict=True))

    def close(self) -> None:
        """Free the interpreter and its tensors."""
        self._interpreter = None

    def _infer_one(self, stored: Tensor) -> tuple[Tensor, ...]:
        if self._interpreter is None:
            raise ModelRuntimeError("the LiteRT model is closed")
        try:
            self._interpreter.set_tensor(self._input, stored)
            self._interpreter.invoke()
            return tuple(dequantise(self._interpreter.get_tensor(i), q) for i, q in self._outputs)
        except (RuntimeError, ValueError) as error:
            raise ModelRuntimeError(f"LiteRT failed: {error}") from error


def _open_interpreter(path: str, threads: int) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise ModelRuntimeError(f"LiteRT is not installed ({error}): install linewatch[edge]") from error
    try:
        interpreter = Interpreter(model_path=path, num_threads=threads)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise ModelRuntimeError(f"{path}: LiteRT refused the model: {error}") from error
    return interpreter


def _check_input(details: list[dict[str, Any]], spec: InputSpec, artifact: Artifact) -> None:
    if len(details) != 1:
        raise ModelRuntimeError(f"{artifact.runtime_file}: has {len(details)} inputs, exactly one is expected")
    shape, dtype = tuple(int(side) for side in details[0]["shape"]), np.dtype(details[0]["dtype"]).name
    if shape != (1, *shape_of(spec)) or dtype != spec.dtype:
        wanted = f"{(1, *shape_of(spec))} {spec.dtype}"
        raise ModelRuntimeError(f"{artifact.runtime_file}: takes {shape} {dtype}, but model.json says {wanted}")
    own = _quantisation(details[0])
    if spec.quantisation is not None and own is not None and not _alike(own, spec.quantisation):
        raise ModelRuntimeError(f"{artifact.runtime_file}: input is quantised by {own}, model.json says otherwise")


def _match_outputs(interpreter: Any, artifact: Artifact) -> tuple[tuple[int, Quantisation | None], ...]:
    """Find each output of the document by its tensor's name or its name in the default signature."""
    by_name = _outputs_by_name(interpreter)
    return tuple(_match_output(output, by_name, artifact) for output in artifact.document.outputs)


def _outputs_by_name(interpreter: Any) -> Mapping[str, dict[str, Any]]:
    details = {item["name"]: item for item in interpreter.get_output_details()}
    signatures = interpreter.get_signature_list()
    if len(signatures) == 1:
        runner = interpreter.get_signature_runner(next(iter(signatures)))
        details |= {name: item for name, item in runner.get_output_details().items() if name not in details}
    return details


def _match_output(
    output: OutputSpec, by_name: Mapping[str, dict[str, Any]], artifact: Artifact
) -> tuple[int, Quantisation | None]:
    if output.name not in by_name:
        raise ModelRuntimeError(f"{artifact.runtime_file}: no output {output.name!r}, only {sorted(by_name)}")
    detail = by_name[output.name]
    return int(detail["index"]), output.quantisation or _quantisation(detail)


def _quantisation(detail: dict[str, Any]) -> Quantisation | None:
    scale, zero_point = detail["quantization"]
    return Quantisation(scale=float(scale), zero_point=int(zero_point)) if scale > 0 else None


def _alike(one: Quantisation, other: Quantisation) -> bool:
    return one.zero_point == other.zero_point and bool(np.isclose(one.scale, other.scale, rtol=1e-5))
