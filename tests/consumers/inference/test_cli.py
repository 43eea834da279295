"""`linewatch inspect`, as scripts use it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from consumers.inference.cli import app
from consumers.inference.errors import ArtifactError
from consumers.inference.rules.defaults import default_recipe
from tests.consumers.inference.artifacts import encoded, plain, rules_artifact, tiny_artifact
from tests.paths import SHARED_DATA

KEYS = ["file", "verdict", "label", "score", "boxes", "milliseconds"]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    (folder / "deep").mkdir(parents=True)
    (folder / "bright.png").write_bytes(encoded(plain(250)))
    (folder / "deep" / "dark.jpg").write_bytes(encoded(plain(10), ".jpg"))
    (folder / "notes.txt").write_text("no image")
    return folder


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(tiny_artifact(tmp_path / "model", "litert").directory)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_json_line_an_image(model: str, images: Path) -> None:
    result = run("--model", model, "--json", str(images))
    assert result.exit_code == 0, result.output
    found = lines(result)
    assert [Path(line["file"]).name for line in found] == ["bright.png", "dark.jpg"]
    assert [(line["verdict"], line["label"]) for line in found] == [("pass", "good"), ("fail", "dark")]
    assert all(list(line)[: len(KEYS)] == KEYS for line in found)
    assert found[1]["score"] > 0.9
    assert found[1]["defect_class"] == "dark"
    assert found[0]["milliseconds"] > 0


def test_broken_images_have_verdict_error_and_the_rest_goes_on(model: str, images: Path) -> None:
    (images / "a_broken.png").write_bytes(encoded(plain(3))[:60])
    result = run("--model", model, "--json", str(images))
    assert result.exit_code == 1
    first, *others = lines(result)
    assert (first["verdict"], first["label"], first["score"], first["boxes"]) == ("error", None, None, [])
    assert "cut off" in first["reason"]
    assert [line["verdict"] for line in others] == ["pass", "fail"]


def test_thresholds_and_the_review_band_may_be_given(model: str, images: Path) -> None:
    dark = str(images / "deep" / "dark.jpg")
    result = run("--model", model, "--json", "--threshold", "dark=1.0", "--review-band", "0", dark)
    assert lines(result)[0]["verdict"] == "pass"
    result = run("--model", model, "--json", "--threshold", "dark=0.95", "--review-band", "0.1", dark)
    assert lines(result)[0]["verdict"] in {"review", "fail"}


def test_a_table_for_people(model: str, images: Path) -> None:
    result = run("--model", model, str(images / "bright.png"), str(images / "**" / "*.jpg"))
    assert result.exit_code == 0
    assert "1 fail, 1 pass" in result.stdout


def test_names_with_brackets_and_every_kind_of_image_of_a_folder(model: str, images: Path) -> None:
    folder = images / "odd"
    folder.mkdir()
    (folder / "a[b].jpe").write_bytes((images / "deep" / "dark.jpg").read_bytes())
    (folder / "c[" / "x]").mkdir(parents=True)
    (folder / "c[" / "x]" / "d.bmp").write_bytes(b"no image")
    result = run("--model", model, str(folder))
    assert result.exit_code == 1, result.output
    assert "1 error, 1 fail" in result.stdout


@pytest.mark.parametrize("pattern", ["nowhere.png", "*.nothing"])
def test_images_that_are_not_there_are_exit_code_2(model: str, pattern: str) -> None:
    assert run("--model", model, pattern).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--threshold", "dark"),
        ("--threshold", "pale=0.5"),
        ("--threshold", "dark=x"),
        ("--threshold", "dark=2"),
        ("--review-band", "0.9"),
    ],
)
def test_wrong_thresholds_are_exit_code_2(model: str, images: Path, arguments: tuple[str, ...]) -> None:
    assert run("--model", model, *arguments, str(images)).exit_code == 2


def test_a_missing_model_is_one_clear_error(images: Path) -> None:
    assert isinstance(run("--model", "nowhere", str(images)).exception, ArtifactError)


def test_rules_judge_real_images_with_boxes(tmp_path: Path) -> None:
    folder = SHARED_DATA / "screws_missing" / "images"
    if not folder.is_dir():
        pytest.skip("the shared data sets are not here")
    artifact = rules_artifact(tmp_path / "rules", default_recipe("presence"), 304, 400)
    result = run("--model", str(artifact.directory), "--json", *[str(path) for path in sorted(folder.iterdir())[:4]])
    assert result.exit_code == 0
    boxes = [box for line in lines(result) for box in line["boxes"]]
    assert boxes
    assert all(list(box) == ["label", "x", "y", "w", "h", "score"] for box in boxes)
    assert all(0 <= box["x"] < 600 and 0 <= box["y"] < 789 for box in boxes)
