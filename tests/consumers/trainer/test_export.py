"""Exports run and say what Keras says; a network that can't be exported is told in words."""

from typing import Any

import numpy as np
import pytest

from consumers.trainer.errors import ExportError
from consumers.trainer.export import (
    export_litert,
    export_litert_int8,
    export_onnx,
    input_quantisation,
    named_outputs,
    single_output_meaning,
)
from consumers.trainer.tensorflow_setup import keras, seed_everything

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def model() -> Any:
    seed_everything(0)
    layers = keras().layers
    inputs = layers.Input((16, 16, 3))
    features = layers.GlobalAveragePooling2D()(layers.Conv2D(8, 3, padding="same", activation="relu")(inputs))
    return keras().Model(inputs, {"logits": layers.Dense(3)(features), "embedding": features})


@pytest.fixture(scope="module")
def images() -> list[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(0)
    return [rng.normal(0, 1, (1, 16, 16, 3)).astype(np.float32) for _ in range(20)]


def _litert(content: bytes) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    return interpreter


def test_litert_says_what_keras_says(model: Any, images: list[np.ndarray[Any, Any]]) -> None:
    run = _litert(export_litert(model)).get_signature_runner()
    for image in images[:5]:
        found, expected = run(image=image), model(image, training=False)
        for name in ("logits", "embedding"):
            assert np.allclose(found[name], np.asarray(expected[name]), atol=1e-5)


def test_int8_takes_int8_and_stays_near(model: Any, images: list[np.ndarray[Any, Any]]) -> None:
    content = export_litert_int8(model, images)
    scale = input_quantisation(content)
    run = _litert(content).get_signature_runner()
    for image in images[:5]:
        stored = np.clip(np.round(image / scale.scale) + scale.zero_point, -128, 127).astype(np.int8)
        found = run(image=stored)["logits"]
        assert found.dtype == np.float32
        assert np.abs(found - np.asarray(model(image, training=False)["logits"])).max() < 0.1
    assert len(content) < len(export_litert(model))


def test_onnx_says_what_keras_says(model: Any, images: list[np.ndarray[Any, Any]]) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(export_onnx(model))
    found = session.run(["logits"], {"image": images[0]})[0]
    assert np.allclose(found, np.asarray(model(images[0], training=False)["logits"]), atol=1e-5)


def test_int8_without_images_is_refused(model: Any) -> None:
    with pytest.raises(ExportError, match="there are none"):
        export_litert_int8(model, [])


def test_an_fp32_model_has_no_input_scale(model: Any) -> None:
    with pytest.raises(ExportError, match="no scale"):
        input_quantisation(export_litert(model))


def test_a_plain_classifier_is_named_by_its_last_activation() -> None:
    layers = keras().layers
    inputs = layers.Input((4,))
    softmax = keras().Model(inputs, layers.Dense(2, activation="softmax")(inputs))
    plain = keras().Model(inputs, layers.Dense(2)(inputs))
    assert (single_output_meaning(softmax), single_output_meaning(plain)) == ("probabilities", "logits")
    assert named_outputs(plain, "out") == {"logits": "out"}
