"""Networks are run over every row, in order, whatever the batches."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consumers.inference.artifact import Artifact
from consumers.trainer.labelled_images import LabelledImages
from consumers.trainer.network_outputs import INFERENCE_BATCH, compile_forward, output_of
from consumers.trainer.prepared_images import prepare_images
from consumers.trainer.tensorflow_setup import keras
from tests.consumers.trainer.drawing import LABELS

pytestmark = pytest.mark.integration


def test_outputs_come_in_the_order_of_the_rows(parts: LabelledImages, rules_artifact: Artifact, tmp_path: Path) -> None:
    images = prepare_images(parts.images, rules_artifact.document, LABELS, tmp_path)
    inputs = keras().layers.Input((64, 64, 3))
    mean: Any = keras().layers.GlobalAveragePooling2D()(inputs)
    forward = compile_forward(keras().Model(inputs, {"mean": mean}))
    rows = np.arange(INFERENCE_BATCH + 3)[::-1]
    found = output_of(lambda batch: forward(batch.astype(np.float32)), "mean", images, rows)
    expected = images.pixels[rows].astype(np.float64).mean(axis=(1, 2))
    assert np.allclose(found, expected, atol=0.01)
