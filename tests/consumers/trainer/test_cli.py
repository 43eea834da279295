"""The command line of kinds that need no TensorFlow, and its exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from consumers.inference.artifact import Artifact, load_artifact
from consumers.trainer import cli
from consumers.trainer.labelled_images import LabelledImages
from infra.settings import load_settings
from tests.consumers.trainer.drawing import write_parts


def _run(app: typer.Typer, *arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LINEWATCH_DATA_DIR", str(tmp_path / "var"))
    load_settings.cache_clear()
    return tmp_path / "var"


@pytest.fixture(autouse=True)
def _forget_settings() -> Any:
    yield
    load_settings.cache_clear()


def test_rules_are_trained_and_reported_as_json(parts: LabelledImages, tmp_path: Path) -> None:
    done = _run(
        cli.train, "--kind", "rules", "--images", parts.directory, "--out", tmp_path / "model", "--preset", "ci",
        "--name", "plate-rules", "--version", "2.0", "--seed", 3, "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    artifact = load_artifact(tmp_path / "model")
    assert report["digest"] == artifact.digest
    assert (artifact.document.name, artifact.document.version, artifact.document.lineage.seed) == (
        "plate-rules",
        "2.0",
        3,
    )


def test_a_person_gets_tables(parts: LabelledImages, tmp_path: Path) -> None:
    done = _run(
        cli.train, "--kind", "rules", "--images", parts.directory, "--out", tmp_path / "m", "--trials", 2,
        "--preset", "ci",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "defective parts caught" in done.stdout
    assert "searching rules" in done.stderr


def test_evaluation_as_json_by_split_and_perturbation(rules_artifact: Artifact, parts: LabelledImages) -> None:
    done = _run(
        cli.evaluate, "--model", rules_artifact.directory, "--images", parts.directory, "--perturb",
        "rotation,brightness", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["split"] == "test"
    assert [item["perturbations"] for item in found["evaluations"]] == [
        [], ["rotation"], ["brightness"], ["rotation", "brightness"],
    ]  # fmt: skip
    assert {item["images"] for item in found["evaluations"]} == {6}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--kind", "rules", "--images", "nowhere"), "is not a folder"),
        (("--kind", "rules", "--preset", "slow"), "unknown preset 'slow'"),
        (("--kind", "classification", "--preset", "slow"), "unknown preset 'slow'"),
        (("--kind", "classification", "--backbone", "vgg"), "unknown backbone 'vgg'"),
        (("--kind", "rules", "--good-class", "fine"), "no image is labelled 'fine'"),
        (("--kind", "rules", "--name", "No Good"), "--name"),
        (("--kind", "segmentation"), "segmentation"),
    ],
)
def test_bad_usage_ends_with_2_and_says_why(
    parts: LabelledImages, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    given = ["--images", str(parts.directory), *arguments]
    done = _run(cli.train, *given, "--out", tmp_path / "model")
    assert done.exit_code == 2, done.output
    assert words in done.stderr
    assert not (tmp_path / "model").exists()


def test_one_class_only_ends_with_2(tmp_path: Path) -> None:
    write_parts(tmp_path / "data", each=3, labels=("good",))
    done = _run(cli.train, "--kind", "rules", "--images", tmp_path / "data", "--out", tmp_path / "model")
    assert done.exit_code == 2
    assert "every image is labelled 'good'" in done.stderr


def test_an_empty_split_is_bad_usage(rules_artifact: Artifact, tmp_path: Path) -> None:
    write_parts(tmp_path / "data", each=2)
    done = _run(cli.evaluate, "--model", rules_artifact.directory, "--images", tmp_path / "data")
    assert done.exit_code == 2
    assert "try --split all" in done.stderr


def test_weights_are_imported_and_listed(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "resnet50.h5"
    file.write_bytes(b"weights")
    done = _run(cli.weights, "import", file, "--json")
    assert done.exit_code == 0, done.output
    kept = json.loads(done.stdout)[0]
    assert Path(kept["path"]).is_relative_to(data_dir / "weights")
    assert json.loads(_run(cli.weights, "list", "--json").stdout) == [kept]
    assert "resnet50.h5" in _run(cli.weights, "list").stdout
