"""Each contestant of the `inference` benchmark in its own process: no runtime's threads disturb another's."""

import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

THREADS: Final = 2
Tensor = NDArray[Any]
Infer = Callable[[Tensor], Tensor]


def open_linewatch(folder: Path, precision: str) -> Infer:
    """linewatch's own inferencer over the artifact, as the edge runs it."""
    from consumers.inference.artifact import load_artifact
    from consumers.inference.runtimes.opening import open_inferencer

    inferencer = open_inferencer(load_artifact(folder / precision), THREADS)
    return lambda image: inferencer.infer(image)[0]


def open_litert(folder: Path, precision: str) -> Infer:
    """The bare LiteRT interpreter."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter: Any = Interpreter(str(folder / precision / "model.tflite"), num_threads=THREADS)
    interpreter.allocate_tensors()
    taken, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    scale, zero = taken["quantization"]

    def infer(image: Tensor) -> Tensor:
        stored = image if not scale else np.clip(np.rint(image / scale) + zero, -128, 127).astype(np.int8)
        interpreter.set_tensor(taken["index"], stored)
        interpreter.invoke()
        return cast("Tensor", interpreter.get_tensor(given["index"]))

    return infer


def open_onnx(folder: Path, precision: str) -> Infer:
    """ONNX Runtime with all its optimisations."""
    import onnxruntime

    chosen = onnxruntime.SessionOptions()
    chosen.intra_op_num_threads = THREADS
    chosen.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    name = "model.onnx" if precision == "fp32" else "model-int8.onnx"
    session = onnxruntime.InferenceSession(str(folder / name), chosen, providers=["CPUExecutionProvider"])
    return lambda image: cast("Tensor", session.run(None, {"image": image})[0])


def open_openvino(folder: Path, precision: str) -> Infer:
    """OpenVINO in its latency mode, held to the precision asked for."""
    import openvino

    core = openvino.Core()
    model = core.read_model(folder / ("model.onnx" if precision == "fp32" else "model-int8.onnx"))
    config = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": THREADS, "INFERENCE_PRECISION_HINT": "f32"}
    request = core.compile_model(model, "CPU", config).create_infer_request()
    return lambda image: cast("Tensor", request.infer({0: image})[0].copy())


def _limit_tensorflow() -> Any:
    import os

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return tf


def open_predict(folder: Path, precision: str) -> Infer:
    """`keras.Model.predict`."""
    del precision
    tf = _limit_tensorflow()
    model = tf.keras.models.load_model(folder / "model.keras")
    return lambda image: cast("Tensor", model.predict(image, verbose=0))


def open_saved_model(folder: Path, precision: str) -> Infer:
    """TensorFlow's SavedModel through its serving function."""
    del precision
    tf = _limit_tensorflow()
    loaded = tf.saved_model.load(str(folder / "saved"))
    serve = loaded.signatures["serving_default"]
    (name,) = serve.structured_input_signature[1]
    return lambda image: cast("Tensor", next(iter(serve(**{name: tf.constant(image)}).values())).numpy())


OPENERS: Final = {
    "linewatch": open_linewatch,
    "LiteRT": open_litert,
    "ONNX Runtime": open_onnx,
    "OpenVINO": open_openvino,
    "Keras predict": open_predict,
    "SavedModel": open_saved_model,
}


class Contestant:
    """One runtime with one model, loaded in a process of its own."""

    def __init__(self, runtime: str, folder: Path, precision: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, runtime, folder, precision), daemon=True)
        self._process.start()
        self._line.recv()

    def milliseconds(self, calls: int) -> float:
        """Median time of one call, batch 1."""
        self._line.send(calls)
        return float(self._line.recv())

    def outputs(self) -> Tensor:
        """Logits (n, 2) of every test image."""
        self._line.send("outputs")
        return cast("Tensor", self._line.recv())

    def close(self) -> None:
        self._line.send(None)
        self._process.join()


def _serve(line: Connection, runtime: str, folder: Path, precision: str) -> None:
    infer = OPENERS[runtime](folder, precision)
    images = np.load(folder / "test.npz")["images"]
    for image in images[:3]:
        infer(image[None])
    line.send("ready")
    while (order := line.recv()) is not None:
        line.send(
            np.concatenate([infer(i[None]) for i in images]) if order == "outputs" else _median(infer, images, order)
        )


def _median(infer: Infer, images: Tensor, calls: int) -> float:
    times = []
    for call in range(calls):
        image = images[call % len(images)][None]
        started = time.perf_counter()
        infer(image)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000
