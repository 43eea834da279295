"""A tiny ONNX model that calls dark images defective, and images to judge with it."""

from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper

from consumers.inference.artifact import Artifact, write_artifact
from consumers.inference.document import (
    ClassSpec,
    GoldenImage,
    GoldenSet,
    InputSpec,
    Lineage,
    ModelDocument,
    OutputSpec,
    Preprocessing,
    RuntimeSpec,
    Thresholds,
)

SIDE = 16


def image_of(level: int, *, side: int = 64, noise: int = 0) -> bytes:
    """A PNG of one grey level, 0..255; `noise` makes otherwise equal images differ."""
    pixels = np.full((side, side, 3), level, np.uint8)
    pixels[0, 0] = (noise % 256, noise // 256 % 256, noise // 65536 % 256)
    done, data = cv2.imencode(".png", pixels)
    assert done
    return bytes(data)


def brightness_artifact(directory: Path, *, version: str = "1", golden_score: float = 1.0) -> Artifact:
    """Write the model: `dark` scores 1 - mean grey / 255. Its golden image is black, so 1.0 is what it must score."""
    return write_artifact(directory, _document(version, golden_score), _network(), {"golden/black.png": image_of(0)})


def _document(version: str, golden_score: float) -> ModelDocument:
    return ModelDocument(
        name="brightness",
        version=version,
        kind="classification",
        product="card",
        classes=(ClassSpec(name="good", defect=False), ClassSpec(name="dark", defect=True)),
        input=InputSpec(width=SIDE, height=SIDE, channels=3),
        preprocessing=Preprocessing(scale=(1 / 255, 1 / 255, 1 / 255)),
        outputs=(OutputSpec(name="scores", meaning="probabilities"),),
        thresholds=Thresholds(classes={"dark": 0.5}),
        runtime=RuntimeSpec(name="onnx", file="model.onnx"),
        lineage=Lineage(manifest="none", code_commit="none", seed=0, created_at_us=0),
        golden=GoldenSet(
            images=(GoldenImage(file="golden/black.png", label="dark", score=golden_score, scores={}),), tolerance=0.02
        ),
    )


def _network() -> bytes:
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["bright"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["bright", "axis"], ["good"]),
        helper.make_node("Sub", ["one", "good"], ["dark"]),
        helper.make_node("Concat", ["good", "dark"], ["scores"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 2])],
        [
            helper.make_tensor("axis", TensorProto.INT64, [1], [1]),
            helper.make_tensor("one", TensorProto.FLOAT, [1, 1], [1.0]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
