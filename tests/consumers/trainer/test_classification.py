"""The whole way: images, training, artifact, and the same verdicts on the edge's runtime."""

from pathlib import Path

import msgspec
import pytest

from consumers.inference.artifact import load_artifact
from consumers.inference.golden import run_golden_set
from consumers.inference.predictor import Predictor
from consumers.trainer import classification
from consumers.trainer.classification import ClassificationRun, train_classification
from consumers.trainer.errors import DivergedError, TrainerError, UsageError
from consumers.trainer.finetune import FineTuning
from consumers.trainer.labelled_images import LabelledImages, read_labelled_images
from consumers.trainer.networks import lite0
from consumers.trainer.presets import Preset
from consumers.trainer.progress import Progress
from consumers.trainer.report import TrainingReport
from tests.consumers.trainer.drawing import write_parts

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(lite0.imagenet_file() is None, reason="the package of weights is not installed"),
]
FROZEN = Preset(side=64, strides=(8, 16), views=1, fine_tuning=FineTuning(epochs=0), int8=False)
TUNED = msgspec.structs.replace(FROZEN, fine_tuning=FineTuning(epochs=2, batch=8))


def _run(preset: Preset, **more: object) -> ClassificationRun:
    return ClassificationRun(preset=preset, int8=False, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def trained(parts: LabelledImages, tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainingReport, list[Progress]]:
    """A run with boxes, frozen features and two epochs, and all that it reported."""
    heard: list[Progress] = []
    folder = tmp_path_factory.mktemp("trained") / "model"
    return train_classification(parts, folder, _run(TUNED, seed=5, name="plates"), heard.append), heard


def test_drawn_defects_are_told_apart(trained: tuple[TrainingReport, list[Progress]]) -> None:
    report, _ = trained
    assert report.test is not None
    assert report.test.images == 6
    assert report.test.classification.accuracy >= 5 / 6
    assert report.warnings == ()
    assert report.images["train"] == {"good": 8, "scratch": 8, "spot": 8}


def test_the_artifact_judges_as_it_was_recorded(trained: tuple[TrainingReport, list[Progress]]) -> None:
    report, _ = trained
    artifact = load_artifact(Path(report.directory), report.digest)
    document = artifact.document
    assert (document.name, document.class_names, document.lineage.seed) == ("plates", ("good", "scratch", "spot"), 5)
    assert set(document.thresholds.classes) == {"scratch", "spot"}
    assert {output.meaning for output in document.outputs} == {"logits", "embedding"}
    assert document.lineage.metrics["epochs"] == 2.0
    golden = run_golden_set(Predictor(artifact))
    assert golden.passed
    assert 8 <= golden.images <= 16
    assert report.golden_difference < 1e-3


def test_every_stage_and_epoch_is_reported(trained: tuple[TrainingReport, list[Progress]]) -> None:
    report, heard = trained
    stages = list(dict.fromkeys(progress.stage for progress in heard))
    assert stages == ["prepare", "features", "head", "fine-tune", "export"]
    assert [result.epoch for result in report.history] == [0, 1, 2]
    rates = [progress.images_per_second for progress in heard if progress.stage == "fine-tune" and not progress.metrics]
    assert all(rate is not None and rate > 0 for rate in rates)


def test_the_same_seed_gives_the_same_scores(parts: LabelledImages, tmp_path: Path) -> None:
    goldens = []
    for name in ("one", "two"):
        train_classification(parts, tmp_path / name, _run(FROZEN, seed=3))
        goldens.append(load_artifact(tmp_path / name).document.golden.images)
    for one, two in zip(*goldens, strict=True):
        assert one.label == two.label
        assert one.score == pytest.approx(two.score, abs=1e-4)


def test_without_boxes_the_whole_picture_is_looked_at(tmp_path: Path) -> None:
    bare = write_parts(tmp_path / "data", boxes=False)
    report = train_classification(bare, tmp_path / "model", _run(FROZEN))
    assert report.validation is not None
    assert report.validation.images == 6


def test_a_network_without_weights_warns(
    parts: LabelledImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lite0, "imagenet_file", lambda: None)
    report = train_classification(parts, tmp_path / "model", _run(FROZEN))
    assert any("no pretrained weights for lite0" in warning for warning in report.warnings)


def test_broken_images_are_skipped_and_named(tmp_path: Path) -> None:
    data = write_parts(tmp_path / "data")
    data.images[3].path.write_bytes(b"broken")
    report = train_classification(read_labelled_images(tmp_path / "data"), tmp_path / "model", _run(FROZEN))
    assert [warning.split(":")[0] for warning in report.warnings] == [f"skipped {data.images[3].file}"]


def test_a_lacking_validation_split_is_told(tmp_path: Path) -> None:
    write_parts(tmp_path / "data")
    path = tmp_path / "data" / "annotations.jsonl"
    path.write_text(path.read_text().replace('"validation"', '"train"'))
    report = train_classification(read_labelled_images(tmp_path / "data"), tmp_path / "model", _run(FROZEN))
    assert report.validation is None
    assert any("validation split lacks" in warning for warning in report.warnings)


def test_a_loss_that_is_no_number_leaves_nothing_behind(parts: LabelledImages, tmp_path: Path) -> None:
    wild = msgspec.structs.replace(TUNED, fine_tuning=FineTuning(epochs=1, batch=8, learning_rate=float("inf")))
    with pytest.raises(DivergedError, match="lower the learning rate"):
        train_classification(parts, tmp_path / "model", _run(wild))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_in_words(parts: LabelledImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device", "pixels.bin")

    monkeypatch.setattr(classification, "prepare_images", full)
    with pytest.raises(TrainerError, match=r"No space left on device \(pixels.bin\)"):
        train_classification(parts, tmp_path / "model", _run(FROZEN))


def test_a_class_without_training_images_is_bad_usage(tmp_path: Path) -> None:
    write_parts(tmp_path / "data", each=4)
    path = tmp_path / "data" / "annotations.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line.replace("train", "test") if "spot" in line else line for line in lines))
    with pytest.raises(UsageError, match=r"no training image is labelled \['spot'\]"):
        train_classification(read_labelled_images(tmp_path / "data"), tmp_path / "model", _run(FROZEN))
