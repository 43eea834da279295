"""`linewatch edge` from the command line."""

import pytest
from typer.testing import CliRunner

from consumers.edge.cli import app


def test_help_names_every_option() -> None:
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})

    assert shown.exit_code == 0
    for option in ("--edge", "--model", "--instance", "--threads", "--metrics-port", "--json"):
        assert option in shown.output


@pytest.mark.parametrize(
    "arguments", [[], ["--edge", "e", "--threads", "0"], ["--edge", "e", "--model", "/no/such/folder"]]
)
def test_wrong_usage_is_exit_code_two(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2
