"""A classifier on a pretrained backbone: average and maximum of feature maps at several strides, then one dense layer.

Defects are often small and local. The maximum over the picture keeps a scratch that the average would drown, and the
maps of stride 8 and 16 see it larger than the last one does: on lgp_surface a linear head on frozen Lite0 features
reached a macro-F1 of 0.82 from strides 8 and 16 (304 numbers), 0.70 from the usual pooled head (1280 numbers).
Where the labels have boxes, a head that looks at each place and takes the worst learns far more from as many images.
"""

from collections.abc import Callable, Mapping
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
    base: Any, endpoints: Mapping[int, str], strides: tuple[int, ...], classes: int, dropout: float = 0.2
) -> Any:
    """A `keras.Model` from an image to {"logits": (batch, classes), "embedding": (batch, features)}, both float32.

    The embedding is what the dense layer named `logits` sees: averages, then maxima, stride by stride. Layers of the
    base beyond the last stride are left out. BatchNorm layers stay as they were trained (frozen): with the handful of
    images of a factory their statistics would be worse than ImageNet's.
    """
    layers = keras().layers
    embedding = _embedding(base, endpoints, strides)
    logits = layers.Dense(classes, name="logits")(layers.Dropout(dropout, name="dropout")(embedding))
    return _model(base, logits, embedding)


def build_places_classifier(
    base: Any, endpoints: Mapping[int, str], strides: tuple[int, ...], classes: int, dropout: float = 0.2
) -> Any:
    """As `build_classifier`, but the classes come from the worst place of the picture.

    Layer `places` (batch, rows, columns, features) joins the maps at the last stride: finer ones are pooled to it, by
    maximum and by average. Layer `margins` (batch, rows, columns, classes - 1) gives each defect's margin over good,
    scaled to ReLU6; layer `maxima` takes the highest of each. The logits are a dense layer of the maxima plus one of
    the embedding, which starts at zero: it counts only once fine-tuning finds a use for the whole picture.
    """
    layers = keras().layers
    places = _places(base, endpoints, strides)
    margins = layers.Conv2D(classes - 1, 1, name="margins")(places)
    maxima = layers.GlobalMaxPooling2D(name="maxima")(layers.ReLU(max_value=6.0, name="margins_relu")(margins))
    embedding = _embedding(base, endpoints, strides)
    # Two layers and a sum, not one layer of a join: int8 gives a join one scale, too coarse for the smaller part.
    from_whole = layers.Dense(classes, use_bias=False, kernel_initializer="zeros", name="whole_logits")
    logits = layers.Add(name="logits")(
        [layers.Dense(classes, name="maxima_logits")(maxima), from_whole(layers.Dropout(dropout)(embedding))]
    )
    return _model(base, logits, embedding)


def _places(base: Any, endpoints: Mapping[int, str], strides: tuple[int, ...]) -> Any:
    layers, last, maps = keras().layers, max(strides), []
    for stride in strides:
        features, size = base.get_layer(endpoints[stride]).output, last // stride
        if size == 1:
            maps.append(features)
            continue
        maps.append(layers.MaxPooling2D(size, padding="same", name=f"places_maximum_{stride}")(features))
        maps.append(layers.AveragePooling2D(size, padding="same", name=f"places_average_{stride}")(features))
    return layers.Concatenate(name="places")(maps)


def _embedding(base: Any, endpoints: Mapping[int, str], strides: tuple[int, ...]) -> Any:
    layers, pooled = keras().layers, []
    for stride in strides:
        features = base.get_layer(endpoints[stride]).output
        pooled.append(layers.GlobalAveragePooling2D(name=f"average_{stride}")(features))
        pooled.append(layers.GlobalMaxPooling2D(name=f"maximum_{stride}")(features))
    return layers.Concatenate(name="embedding")(pooled)


def _model(base: Any, logits: Any, embedding: Any) -> Any:
    model = keras().Model(base.input, {"logits": logits, "embedding": embedding}, name=f"{base.name}_classifier")
    freeze_batch_norm(model)
    return model


def places_grid(model: Any) -> tuple[int, int]:
    """Rows and columns of the places a classifier looks at; (0, 0) when it pools over the whole picture."""
    if not looks_at_places(model):
        return 0, 0
    _, rows, columns, _ = model.get_layer("margins").output.shape
    return int(rows), int(columns)


def class_count(model: Any) -> int:
    """How many classes a classifier tells apart."""
    return int(model.output["logits"].shape[-1])


def looks_at_places(model: Any) -> bool:
    """Whether the classifier was made by `build_places_classifier`."""
    return any(layer.name == "margins" for layer in model.layers)


def with_outputs(model: Any, **layers: str) -> Any:
    """The same network (shared weights) with the outputs of the named layers, as a dictionary."""
    return keras().Model(model.input, {name: model.get_layer(layer).output for name, layer in layers.items()})


def freeze_batch_norm(model: Any) -> None:
    """Make every BatchNorm layer infer also in training; `training=False` alone does not do it in Keras 3.15."""
    for layer in model.layers:
        if isinstance(layer, keras().layers.BatchNormalization):
            layer.trainable = False


def set_head(model: Any, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
    """Put a fitted head into the classifier: of the embedding, or of the maxima where it looks at places."""
    model.get_layer("maxima_logits" if looks_at_places(model) else "logits").set_weights([weights, bias])


def set_margins(model: Any, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
    """Put a fitted head of places, weights (features, classes - 1), into the layer `margins`."""
    model.get_layer("margins").set_weights([weights[np.newaxis, np.newaxis], bias])
