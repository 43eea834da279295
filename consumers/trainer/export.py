"""From a Keras classifier to the files an edge runs: LiteRT in fp32 or full int8, or ONNX.

The exported function takes one image (batch 1, which lets the runtime plan its memory once) and returns `logits` and
`embedding`. Softmax and temperature are left to the shared post-processing, so int8 does not round small
probabilities to steps of 1/256.
"""

import tempfile
from collections.abc import Iterable
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from consumers.inference.document import (
    Quantisation,
)
from consumers.trainer.errors import ExportError
from consumers.trainer.tensorflow_setup import keras, quiet_stderr, tensorflow

Tensor = NDArray[Any]
Format = Literal["litert", "onnx"]
RUNTIME_FILES: Final[dict[Format, str]] = {"litert": "model.tflite", "onnx": "model.onnx"}
# Enough to see the range of every activation; more changed the scales by less than a per cent.
REPRESENTATIVE_IMAGES: Final = 100


def export_litert(model: Any) -> bytes:
    """The model as a LiteRT flatbuffer, fp32, input (1, height, width, channels) float32."""
    return _convert(model, lambda converter: None)


def export_litert_int8(model: Any, representative: Iterable[Tensor]) -> bytes:
    """The model as a LiteRT flatbuffer with int8 weights, activations and input; outputs are float32.

    `representative` yields a few dozen inputs (1, height, width, channels) float32, as the preprocessing makes them.
    Raises ExportError when an operation has no int8 kernel or there are no images.
    """
    samples = list(representative)
    if not samples:
        raise ExportError("int8 needs representative images to measure the range of activations; there are none")
    tf = tensorflow()

    def full_int8(converter: Any) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([np.asarray(sample, np.float32)] for sample in samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8

    return _convert(model, full_int8)


def _convert(model: Any, configure: Any) -> bytes:
    tf = tensorflow()
    with tempfile.TemporaryDirectory(prefix="linewatch-export-") as folder:
        try:
            with quiet_stderr():
                _save(model, folder)
                converter = tf.lite.TFLiteConverter.from_saved_model(folder)
                configure(converter)
                return bytes(converter.convert())
        except OSError as error:
            raise ExportError(f"cannot export through {folder}: {error.strerror or error}; free some space") from error
        except (RuntimeError, ValueError) as error:
            raise ExportError(f"LiteRT cannot express this network: {str(error).strip()[:300]}") from error


def _save(model: Any, folder: str) -> None:
    """Write a SavedModel whose only signature takes a batch of 1 and names its outputs.

    Through Keras' own archive: `tf.saved_model.save` of a module holding the model leaves the weights out (Keras 3.15).
    """
    tf = tensorflow()
    archive = keras().export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "serving_default",
        lambda image: named_outputs(model, model(image, training=False)),
        input_signature=[tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name="image")],
    )
    archive.write_out(folder, verbose=False)


def named_outputs(model: Any, outputs: Any) -> dict[str, Any]:
    """The outputs by name: those of a dictionary as they are, a plain classifier's single one as `logits`.

    A single output that is a softmax becomes `probabilities`.
    """
    if isinstance(outputs, dict):
        return outputs
    return {single_output_meaning(model): outputs}


def single_output_meaning(model: Any) -> Literal["probabilities", "logits"]:
    """Whether a plain Keras classifier ends in a softmax."""
    return "probabilities" if getattr(model.layers[-1], "activation", None) is keras().activations.softmax else "logits"


def export_onnx(model: Any) -> bytes:
    """The model as an ONNX file, fp32, input (1, height, width, channels) float32 named `image`.

    Raises ExportError when tf2onnx is not installed or an operation has no counterpart.
    """
    try:
        import tf2onnx
    except ImportError as error:
        raise ExportError(f"tf2onnx is not installed ({error}): install linewatch[trainer]") from error
    tf = tensorflow()
    spec = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name="image")
    try:
        with quiet_stderr():
            function = tf.function(lambda image: named_outputs(model, model(image, training=False)))
            proto, _ = tf2onnx.convert.from_function(function, input_signature=[spec], opset=17)
    except (RuntimeError, ValueError, KeyError) as error:
        raise ExportError(f"ONNX cannot express this network: {str(error).strip()[:300]}") from error
    return bytes(proto.SerializeToString())


def input_quantisation(flatbuffer: bytes) -> Quantisation:
    """The scale and zero point of an int8 model's input; ExportError when it has none."""
    from ai_edge_litert.interpreter import Interpreter

    scale, zero_point = Interpreter(model_content=flatbuffer).get_input_details()[0]["quantization"]
    if not scale > 0:
        raise ExportError("the int8 model's input carries no scale; the conversion went wrong")
    return Quantisation(scale=float(scale), zero_point=int(zero_point))
