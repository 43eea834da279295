"""`linewatch samples get`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from producers.cli_samples import app
from producers.errors import SourceError


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["get", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_a_data_set_is_drawn_half_of_it_defective(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, output = run("synthetic:screws?size=64x64", "--count", "40", "--seed", "3", "--out", str(out), "--json")
    assert code == 0
    report = json.loads(output)
    assert report["images"] == 40
    assert report["labels"]["good"] == pytest.approx(20, abs=9)
    assert sum(report["labels"].values()) == 40
    assert len(list((out / "images").iterdir())) == 40


def test_the_name_may_say_how_many_are_defective(tmp_path: Path) -> None:
    code, output = run("synthetic:panel?size=64x64&defect_rate=0", "--count", "3", "--out", str(tmp_path / "out"))
    assert code == 0
    assert "3 images" in output
    assert "3 good" in output


@pytest.mark.parametrize("name", ["panel", "synthetic:toaster", "synthetic:panel?colour=red"])
def test_an_unknown_name_is_bad_usage(name: str, tmp_path: Path) -> None:
    code, output = run(name, "--out", str(tmp_path / "out"))
    assert code == 2
    assert "NAME" in output
    assert not (tmp_path / "out").exists()


def test_a_folder_in_use_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(SourceError, match="not empty"):
        run("synthetic:panel", "--count", "1", "--out", str(tmp_path))
