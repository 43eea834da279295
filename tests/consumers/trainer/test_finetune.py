"""The schedule, and what happens when the loss is no number."""

import math
from pathlib import Path

import numpy as np
import pytest

from consumers.inference.document import Preprocessing
from consumers.trainer.augmentation import Augmentation
from consumers.trainer.errors import DivergedError
from consumers.trainer.finetune import FineTuner, FineTuning, places_loss, scheduled_rate
from consumers.trainer.labelled_images import LabelledImages
from consumers.trainer.networks import lite0
from consumers.trainer.networks.classifier import build_places_classifier
from consumers.trainer.packaging import draft_document
from consumers.trainer.places_head import MARGIN_SCALE, MARGIN_SHIFT
from consumers.trainer.prepared_images import prepare_images
from consumers.trainer.progress import Progress
from consumers.trainer.provenance import lineage_of
from consumers.trainer.tensorflow_setup import seed_everything
from tests.consumers.trainer.drawing import LABELS


def test_the_rate_warms_up_and_ends_at_nothing() -> None:
    how = FineTuning(learning_rate=1e-3, warm_up=0.1)
    rates = [scheduled_rate(step, 100, how) for step in range(100)]
    assert rates[0] == pytest.approx(1e-4)
    assert max(rates) == pytest.approx(1e-3)
    assert rates.index(max(rates)) in {9, 10}
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 1e-6
    assert scheduled_rate(0, 1, how) > 0


@pytest.mark.integration
def test_the_loss_of_places_weighs_defects_as_much_as_the_rest() -> None:
    places = np.zeros((1, 4, 4), np.int32)
    places[0, 0, 0], places[0, 0, 1] = 1, -1
    right = np.full((1, 4, 4, 2), -9.0, np.float32)
    right[0, 0, 0, 0] = 9.0
    missed, everywhere = np.full_like(right, -9.0), np.full_like(right, 9.0)
    found = [float(places_loss(m * MARGIN_SCALE + MARGIN_SHIFT, places)) for m in (right, missed, everywhere)]
    assert found[0] < 0.01
    assert found[1] == pytest.approx(4.5, abs=0.1)
    assert found[2] > 4.5
    right[0, 0, 1] = 9.0  # a place that is unknown costs nothing, whatever is said of it
    assert float(places_loss(right * MARGIN_SCALE + MARGIN_SHIFT, places)) < 0.01


def _tuner(parts: LabelledImages, folder: Path, how: FineTuning) -> FineTuner:
    seed_everything(0)
    model = build_places_classifier(lite0.build_lite0(64, 64), dict(lite0.ENDPOINTS), (8, 16), 3)
    steps = Preprocessing(mean=(127,) * 3, scale=(1 / 128,) * 3)
    document = draft_document(model, LABELS, steps, lineage_of("sha256:0", 0, {}))
    images = prepare_images(parts.images, document, LABELS, folder)
    return FineTuner(model, images, how, Augmentation(), 0)


@pytest.mark.integration
def test_epochs_are_reported_and_the_best_is_kept(parts: LabelledImages, tmp_path: Path) -> None:
    heard: list[Progress] = []
    tuner = _tuner(parts, tmp_path, FineTuning(epochs=2, batch=8))
    history = tuner.run(heard.append)
    assert [result.epoch for result in history] == [0, 1, 2]
    assert history[0].loss is None
    assert all(math.isfinite(result.validation_loss) for result in history)
    ends = [progress for progress in heard if progress.metrics]
    assert [progress.epoch for progress in ends] == [1, 2]
    assert heard[0].steps == 3
    assert tuner._validate()[0] == pytest.approx(min(r.validation_loss for r in history), rel=1e-3)


@pytest.mark.integration
def test_a_loss_that_is_no_number_stops_the_run_with_words(parts: LabelledImages, tmp_path: Path) -> None:
    tuner = _tuner(parts, tmp_path, FineTuning(epochs=2, batch=8, learning_rate=math.inf))
    with pytest.raises(DivergedError, match=r"the loss became nan.*lower the learning rate"):
        tuner.run(lambda progress: None)
