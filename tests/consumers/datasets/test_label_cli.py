"""Bad usage is named and ends with 2; what commands do is shown in tests/integration/test_datasets_files.py."""

import pytest
from typer.testing import CliRunner

from consumers.datasets.label_cli import app


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["import", ".", "--edge", "a", "--format", "x"], "none of jsonl, coco, yolo, voc, label-studio"),
        (["import", ".", "--edge", "A B"], "edge id 'A B'"),
        (["import", "/nowhere", "--edge", "a"], "does not exist"),
        (["export", "x"], "--edge"),
    ],
)
def test_bad_usage_is_named(words: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert said in " ".join(done.output.replace("│", " ").split())
