"""Tiny real models for tests: they tell bright pictures from dark ones by the mean of the first channel.

Both formats compute softmax(mean(x) * WEIGHTS + BIASES) over an input (1, SIDE, SIDE, 3) with x = pixel / 255.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 8
WEIGHTS = np.array([[8.0, 0.0, 0.0], [-8.0, 0.0, 0.0]], np.float32)
BIASES = np.array([-4.0, 4.0], np.float32)
INPUT_SCALE, INPUT_ZERO = 1 / 255, -128
OUTPUT_SCALE, OUTPUT_ZERO = 1 / 256, -128


def expected_probabilities(picture: NDArray[Any]) -> NDArray[np.float64]:
    """Return what the fp32 models give for x (height, width, 3), computed by numpy."""
    logits = WEIGHTS.astype(np.float64) @ picture.reshape(-1, 3).mean(axis=0) + BIASES
    raised = np.exp(logits - logits.max())
    return np.asarray(raised / raised.sum())


def tiny_onnx(*, dynamic_batch: bool = False, in_uint8: bool = False) -> bytes:
    """Build the model for ONNX Runtime; outputs `probabilities` (n, 2) and `features` (n, 3)."""
    from onnx import TensorProto, helper, numpy_helper

    batch: int | str = "n" if dynamic_batch else 1
    kind = TensorProto.UINT8 if in_uint8 else TensorProto.FLOAT
    first = (
        [
            helper.make_node("Cast", ["image"], ["cast"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["cast", "unit"], ["x"]),
        ]
        if in_uint8
        else [helper.make_node("Identity", ["image"], ["x"])]
    )
    nodes = [
        *first,
        helper.make_node("ReduceMean", ["x", "axes"], ["features"], keepdims=0),
        helper.make_node("Gemm", ["features", "weights", "biases"], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", kind, [batch, SIDE, SIDE, 3])],
        [
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [batch, 2]),
            helper.make_tensor_value_info("features", TensorProto.FLOAT, [batch, 3]),
        ],
        [
            numpy_helper.from_array(np.array([1, 2], np.int64), "axes"),
            numpy_helper.from_array(np.array(1 / 255, np.float32), "unit"),
            numpy_helper.from_array(WEIGHTS, "weights"),
            numpy_helper.from_array(BIASES, "biases"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    return bytes(model.SerializeToString())


def tiny_litert(*, quantised: bool = False) -> bytes:
    """Build the model for LiteRT by its flatbuffer schema; outputs `probabilities` (1, 2) and `features` (1, 3).

    Quantised: int8 in and out, weights int8 per tensor, biases int32, by the TensorFlow Lite 8-bit specification.
    """
    import flatbuffers  # type: ignore[import-untyped]
    from ai_edge_litert import schema_py_generated as schema

    model = _LiteRtModel(schema, quantised=quantised)
    image = model.activation("image", (1, SIDE, SIDE, 3), INPUT_SCALE, INPUT_ZERO)
    axes = model.constant("axes", np.array([1, 2], np.int32))
    features = model.activation("features", (1, 3), INPUT_SCALE, INPUT_ZERO)
    weight_scale = float(np.abs(WEIGHTS).max() / 127)
    weights = model.weights("weights", WEIGHTS, weight_scale)
    biases = model.biases("biases", BIASES, weight_scale * INPUT_SCALE)
    logits = model.activation("logits", (1, 2), 8 / 127, 0)
    probabilities = model.activation("probabilities", (1, 2), OUTPUT_SCALE, OUTPUT_ZERO)
    model.operator("MEAN", [image, axes], [features], schema.ReducerOptionsT(), "ReducerOptions")
    model.operator("FULLY_CONNECTED", [features, weights, biases], [logits], schema.FullyConnectedOptionsT())
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    model.operator("SOFTMAX", [logits], [probabilities], softmax)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.finished([image], [probabilities, features]).Pack(builder), b"TFL3")
    return bytes(builder.Output())


class _LiteRtModel:
    """Collects tensors, buffers and operators of one subgraph."""

    def __init__(self, schema: Any, *, quantised: bool) -> None:
        self._schema, self._quantised = schema, quantised
        self._tensors: list[Any] = []
        self._buffers: list[Any] = [schema.BufferT()]
        self._operators: list[Any] = []
        self._codes: list[Any] = []

    def activation(self, name: str, shape: tuple[int, ...], scale: float, zero: int) -> int:
        kind = "INT8" if self._quantised else "FLOAT32"
        return self._tensor(name, shape, kind, 0, (scale, zero) if self._quantised else None)

    def constant(self, name: str, values: NDArray[Any]) -> int:
        kinds = {"int32": "INT32", "int8": "INT8", "float32": "FLOAT32"}
        return self._tensor(name, values.shape, kinds[values.dtype.name], self._buffer(values), None)

    def weights(self, name: str, values: NDArray[np.float32], scale: float) -> int:
        if not self._quantised:
            return self.constant(name, values)
        stored = np.round(values / scale).astype(np.int8)
        return self._tensor(name, values.shape, "INT8", self._buffer(stored), (scale, 0))

    def biases(self, name: str, values: NDArray[np.float32], scale: float) -> int:
        if not self._quantised:
            return self.constant(name, values)
        stored = np.round(values / scale).astype(np.int32)
        return self._tensor(name, values.shape, "INT32", self._buffer(stored), (scale, 0))

    def operator(self, code: str, inputs: list[int], outputs: list[int], options: Any, kind: str | None = None) -> None:
        entry = self._schema.OperatorCodeT()
        entry.builtinCode = entry.deprecatedBuiltinCode = getattr(self._schema.BuiltinOperator, code)
        entry.version = 4 if code == "FULLY_CONNECTED" and self._quantised else 2 if self._quantised else 1
        operator = self._schema.OperatorT()
        operator.opcodeIndex = len(self._codes)
        operator.inputs, operator.outputs = inputs, outputs
        operator.builtinOptionsType = getattr(
            self._schema.BuiltinOptions, kind or type(options).__name__.removesuffix("T")
        )
        operator.builtinOptions = options
        self._codes.append(entry)
        self._operators.append(operator)

    def finished(self, inputs: list[int], outputs: list[int]) -> Any:
        graph = self._schema.SubGraphT()
        graph.tensors, graph.operators = self._tensors, self._operators
        graph.inputs, graph.outputs = inputs, outputs
        model = self._schema.ModelT()
        model.version, model.subgraphs = 3, [graph]
        model.operatorCodes, model.buffers = self._codes, self._buffers
        return model

    def _buffer(self, values: NDArray[Any]) -> int:
        buffer = self._schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self._buffers.append(buffer)
        return len(self._buffers) - 1

    def _tensor(
        self, name: str, shape: tuple[int, ...], kind: str, buffer: int, quantisation: tuple[float, int] | None
    ) -> int:
        tensor = self._schema.TensorT()
        tensor.name, tensor.shape, tensor.buffer = name, list(shape), buffer
        tensor.type = getattr(self._schema.TensorType, kind)
        if quantisation is not None:
            parameters = self._schema.QuantizationParametersT()
            parameters.scale, parameters.zeroPoint = [quantisation[0]], [quantisation[1]]
            tensor.quantization = parameters
        self._tensors.append(tensor)
        return len(self._tensors) - 1
