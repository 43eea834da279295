"""Kind rules from images to an artifact that the edge's runtime judges alike."""

from pathlib import Path

import pytest

from consumers.inference.artifact import Artifact
from consumers.inference.golden import run_golden_set
from consumers.inference.predictor import Predictor
from consumers.trainer.errors import UsageError
from consumers.trainer.labelled_images import LabelledImages, read_labelled_images
from consumers.trainer.progress import Progress
from consumers.trainer.rules import EFFORTS, RulesRun, effort_named, read_recipe, train_rules
from tests.consumers.trainer.drawing import write_parts


def test_the_artifact_is_whole_and_passes_its_golden_set(rules_artifact: Artifact) -> None:
    document = rules_artifact.document
    assert document.class_names == ("scratch", "spot")
    assert document.thresholds.classes == {"scratch": 0.5, "spot": 0.5}
    assert document.lineage.manifest.startswith("sha256:")
    report = run_golden_set(Predictor(rules_artifact))
    assert report.passed
    assert report.images == 12


def test_drawn_defects_are_found(parts: LabelledImages, tmp_path: Path) -> None:
    heard: list[Progress] = []
    report = train_rules(parts, tmp_path / "model", RulesRun(trials=8, images=24), heard.append)
    assert report.test is not None
    assert report.test.defects.detection == 1.0
    assert report.test.defects.overkill == 0.0
    assert report.images["train"] == {"good": 8, "scratch": 8, "spot": 8}
    assert [progress.stage for progress in heard][:2] == ["prepare", "search"]


def test_the_same_seed_gives_the_same_recipe(parts: LabelledImages, tmp_path: Path) -> None:
    for name in ("one", "two"):
        train_rules(parts, tmp_path / name, RulesRun(trials=5, images=24, seed=4))
    assert (tmp_path / "one" / "recipe.json").read_bytes() == (tmp_path / "two" / "recipe.json").read_bytes()


def test_a_broken_image_is_named_and_left_out(tmp_path: Path) -> None:
    data = write_parts(tmp_path / "data", each=6)
    data.images[4].path.write_bytes(b"broken")
    report = train_rules(read_labelled_images(tmp_path / "data"), tmp_path / "model", RulesRun(trials=2))
    assert [warning.split(":")[0] for warning in report.warnings] == [f"skipped {data.images[4].file}"]


def test_one_class_only_is_bad_usage(tmp_path: Path) -> None:
    data = write_parts(tmp_path / "data", labels=("good",))
    with pytest.raises(UsageError, match="every image is labelled 'good'"):
        train_rules(data, tmp_path / "model", RulesRun(trials=1))
    assert not (tmp_path / "model").exists()


def test_an_output_folder_in_use_is_refused_before_any_work(parts: LabelledImages, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        train_rules(parts, tmp_path, RulesRun(trials=1))


def test_efforts_by_preset() -> None:
    assert effort_named("quick") is EFFORTS["quick"]
    with pytest.raises(UsageError, match="unknown preset 'slow'"):
        effort_named("slow")


def test_a_recipe_of_ones_own_is_read_or_explained(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    with pytest.raises(UsageError, match="cannot read the recipe"):
        read_recipe(path)
    path.write_text('{"steps": [{"step": "fly"}]}')
    with pytest.raises(UsageError, match="step 0"):
        read_recipe(path)
