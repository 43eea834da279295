import json
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from infra.demo.errors import DemoError
from infra.demo.run import _MARK, DemoOptions, _fresh_home, _model_name
from tests.paths import REPO


def test_only_a_folder_that_a_demo_made_is_ever_emptied(tmp_path: Path) -> None:
    home = _fresh_home(tmp_path / "demo")
    (home / "old.txt").touch()
    assert [path.name for path in _fresh_home(tmp_path / "demo").iterdir()] == [_MARK]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(DemoError, match="holds files that no demo made"):
        _fresh_home(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_a_folder_with_annotations_teaches_its_own_models(tmp_path: Path) -> None:
    options = DemoOptions(source=tmp_path, frames=1, fps=1, out=tmp_path)
    assert not options.annotated
    (tmp_path / "annotations.jsonl").touch()
    assert options.annotated


def test_a_model_is_named_by_kind_runtime_and_precision(tmp_path: Path) -> None:
    document = {"kind": "classification", "runtime": {"name": "litert", "precision": "int8"}}
    (tmp_path / "model.json").write_text(json.dumps(document))
    assert _model_name(tmp_path) == "classification, litert int8"


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_the_demo_inspects_every_frame_and_counts_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "infra.cli", "demo", "--frames", "40", "--out", str(tmp_path / "demo")]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads((tmp_path / "demo/report.json").read_text())
    assert [(each["frames"], each["inspected"], each["counted"]) for each in figures] == [(40, 40, 40)] * 2
    sheet = cv2.imread(str(tmp_path / "demo/contact-sheet.png"))
    assert sheet is not None
    assert sheet.shape[0] > 1000
