"""A classifier on a pretrained backbone: average and maximum of feature maps at several strides, then one dense layer.

Defects are often small and local. The maximum over the picture keeps a scratch that the average would drown, and the
maps of stride 8 and 16 see it larger than the last one does: on lgp_surface a linear head on frozen Lite0 features
reached a macro-F1 of 0.82 from strides 8 and 16 (304 numbers), 0.70 from the usual pooled head (1280 numbers).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from consumers.trainer.errors import UsageError
from consumers.trainer.networks import lite0, resnet50
from consumers.trainer.tensorflow_setup import keras

BackboneName = Literal["lite0", "resnet50"]
BACKBONES: Final[tuple[BackboneName, ...]] = get_args(BackboneName)


@dataclass(frozen=True, slots=True)
class Backbone:
    """What a classifier needs to know of a network: its builder, weights, feature maps by stride and pixel numbers.

    `mean` and `scale` are RGB: input = (pixel - mean) * scale of pixels 0..255. `colour` is the channels' order.
    """

    build: Callable[[int, int], Any]
    load: Callable[[Any, Path | None], Path | None]
    endpoints: dict[int, str]
    colour: Literal["rgb", "bgr"]
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]


def backbone_named(name: str) -> Backbone:
    """The backbone of that name; UsageError lists those there are."""
    if name == "lite0":
        mean, scale = (lite0.MEAN,) * 3, (1 / lite0.SCALE,) * 3
        return Backbone(lite0.build_lite0, lite0.load_imagenet, dict(lite0.ENDPOINTS), "rgb", mean, scale)
    if name == "resnet50":
        return Backbone(
            resnet50.build_resnet50,
            resnet50.load_imagenet,
            dict(resnet50.ENDPOINTS),
            "bgr",
            resnet50.MEAN_BGR,
            (1.0, 1.0, 1.0),
        )
    raise UsageError(f"unknown backbone {name!r}; there are {', '.join(BACKBONES)}")


def build_classifier(
    base: Any, endpoints: dict[int, str], strides: tuple[int, ...], classes: int, dropout: float = 0.2
) -> Any:
    """A `keras.Model` from an image to {"logits": (batch, classes), "embedding": (batch, features)}, both float32.

    The embedding is what the dense layer named `logits` sees: averages, then maxima, stride by stride. Layers of the
    base beyond the last stride are left out. BatchNorm layers stay as they were trained (frozen): with the handful of
    images of a factory their statistics would be worse than ImageNet's.
    """
    layers = keras().layers
    pooled = []
    for stride in strides:
        features = base.get_layer(endpoints[stride]).output
        pooled.append(layers.GlobalAveragePooling2D(name=f"average_{stride}")(features))
        pooled.append(layers.GlobalMaxPooling2D(name=f"maximum_{stride}")(features))
    embedding = layers.Concatenate(name="embedding")(pooled)
    logits = layers.Dense(classes, name="logits")(layers.Dropout(dropout, name="dropout")(embedding))
    model = keras().Model(base.input, {"logits": logits, "embedding": embedding}, name=f"{base.name}_classifier")
    freeze_batch_norm(model)
    return model


def freeze_batch_norm(model: Any) -> None:
    """Make every BatchNorm layer infer also in training; `training=False` alone does not do it in Keras 3.15."""
    for layer in model.layers:
        if isinstance(layer, keras().layers.BatchNormalization):
            layer.trainable = False


def set_head(model: Any, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
    """Put a fitted head into the classifier's dense layer."""
    model.get_layer("logits").set_weights([weights, bias])
