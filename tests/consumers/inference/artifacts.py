"""Model artifacts for tests, whole and real: tiny networks and recipes, with whatever a test wants changed."""

from pathlib import Path
from typing import Any, Literal

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from consumers.inference.artifact import Artifact, write_artifact
from consumers.inference.document import (
    ClassSpec,
    InputSpec,
    Lineage,
    ModelDocument,
    OutputSpec,
    Preprocessing,
    Quantisation,
    RuntimeSpec,
    Thresholds,
)
from consumers.inference.rules.recipe import Recipe, encode_recipe
from tests.consumers.inference.tiny_models import INPUT_SCALE, INPUT_ZERO, SIDE, tiny_litert, tiny_onnx

CLASSES = (ClassSpec(name="good", defect=False), ClassSpec(name="dark", defect=True))
LINEAGE = Lineage(manifest="0" * 64, code_commit="test", seed=1, created_at_us=1_700_000_000_000_000)


def tiny_document(runtime: str = "onnx", **changes: Any) -> ModelDocument:
    """Describe a tiny model of `tiny_models`: runtime `onnx`, `litert` or `litert-int8`."""
    quantised = runtime == "litert-int8"
    name = runtime.removesuffix("-int8")
    document = ModelDocument(
        name="tiny",
        version="1",
        kind="classification",
        product="test part",
        classes=CLASSES,
        input=InputSpec(
            width=SIDE,
            height=SIDE,
            channels=3,
            dtype="int8" if quantised else "float32",
            quantisation=Quantisation(scale=INPUT_SCALE, zero_point=INPUT_ZERO) if quantised else None,
        ),
        preprocessing=Preprocessing(colour="rgb", scale=(1 / 255,) * 3),
        outputs=(
            OutputSpec(name="probabilities", meaning="probabilities"),
            OutputSpec(name="features", meaning="embedding"),
        ),
        thresholds=Thresholds(classes={"dark": 0.5}),
        runtime=RuntimeSpec(
            name="onnx" if name == "onnx" else "litert",
            file="model.onnx" if name == "onnx" else "model.tflite",
            precision="int8" if quantised else "fp32",
            threads=1,
        ),
        lineage=LINEAGE,
    )
    return msgspec.structs.replace(document, **changes)


def tiny_artifact(
    directory: Path, runtime: str = "onnx", files: dict[str, bytes] | None = None, **changes: Any
) -> Artifact:
    """Write a tiny model's artifact."""
    content = tiny_onnx() if runtime == "onnx" else tiny_litert(quantised=runtime == "litert-int8")
    return write_artifact(directory, tiny_document(runtime, **changes), content, files or {})


def rules_document(recipe: Recipe, width: int, height: int, colour: str = "bgr", **changes: Any) -> ModelDocument:
    """Describe a recipe as a model, with a threshold of 0.5 for each class."""
    channels: Literal[1, 3] = 1 if colour == "grey" else 3
    document = ModelDocument(
        name="rules",
        version="1",
        kind="rules",
        product="test part",
        classes=tuple(ClassSpec(name=name, defect=True) for name in recipe.class_names),
        input=InputSpec(width=width, height=height, channels=channels, dtype="uint8"),
        preprocessing=Preprocessing(
            colour="grey" if channels == 1 else "bgr", mean=(0.0,) * channels, scale=(1.0,) * channels
        ),
        outputs=(
            OutputSpec(name="scores", meaning="scores"),
            OutputSpec(name="boxes", meaning="boxes"),
            OutputSpec(name="box-scores", meaning="box-scores"),
        ),
        thresholds=Thresholds(classes=dict.fromkeys(recipe.class_names, 0.5)),
        runtime=RuntimeSpec(name="rules", file="recipe.json", precision="none"),
        lineage=LINEAGE,
    )
    return msgspec.structs.replace(document, **changes)


def rules_artifact(directory: Path, recipe: Recipe, width: int, height: int, colour: str = "bgr") -> Artifact:
    """Write a recipe's artifact."""
    return write_artifact(directory, rules_document(recipe, width, height, colour), encode_recipe(recipe), {})


def encoded(pixels: NDArray[Any], suffix: str = ".png", *options: int) -> bytes:
    """Encode pixels as an image file."""
    done, content = cv2.imencode(suffix, pixels, list(options))
    assert done
    return content.tobytes()


def plain(grey: int, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """Draw an even BGR picture."""
    return np.full((height, width, 3), grey, np.uint8)


def photo_like(width: int = 640, height: int = 480, seed: int = 0) -> NDArray[np.uint8]:
    """Draw a BGR picture with gradients, shapes and noise, never 128 in a corner: as unkind to codecs as a photo."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    base = 60 + 50 * np.sin(columns / 37) + 40 * np.cos(rows / 23)
    picture = np.stack([base, base * 0.8 + 20, base * 0.6 + 50], axis=2) + random.normal(0, 6, (height, width, 3))
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    cv2.circle(pixels, (width // 3, height // 2), height // 6, (30, 60, 200), -1)
    cv2.line(pixels, (10, height - 20), (width - 20, 15), (220, 220, 210), 3)
    return pixels
