"""Bad usage is named and ends with 2; what commands do is shown in tests/integration/test_datasets_files.py."""

import pytest
from typer.testing import CliRunner

from consumers.datasets.cli import app


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["build", "Bad Name", "--edge", "a", "--from", "1d"], "dataset id 'Bad Name'"),
        (["build", "a", "--edge", "a", "--from", "soon"], "'soon' is no time"),
        (["build", "a", "--edge", "a", "--from", "1d", "--label-filter", "x"], "none of labeled, agreed, any"),
        (["build", "a", "--from", "1d"], "--edge"),
    ],
)
def test_bad_usage_is_named(words: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert said in " ".join(done.output.replace("│", " ").split())
