"""Bad usage is named and ends with 2; what commands do is shown in tests/integration/test_datasets_files.py."""

import pytest
from typer.testing import CliRunner

from consumers.datasets.replay_cli import replay


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "x"], "give either --dataset, or --edge and --from"),
        (["--out", "x", "--edge", "a"], "give either --dataset"),
        (["--out", "x", "--edge", "a", "--dataset", "b"], "give either --dataset"),
        (["--out", "x", "--edge", "a", "--from", "1d", "--format", "zip"], "none of folder, coco"),
    ],
)
def test_bad_usage_is_named(words: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    done = CliRunner().invoke(replay, words)
    assert done.exit_code == 2
    assert said in " ".join(done.output.replace("│", " ").split())
