"""`linewatch streams` in a terminal."""

import re

from typer.testing import CliRunner

from streams.cli import app


def test_help_names_the_processors_and_their_options() -> None:
    text = re.sub(r"\x1b\[[0-9;]*m", "", CliRunner().invoke(app, ["--help"]).output)
    assert "statistics" in text
    assert "ticks" in text
    detail = re.sub(r"\x1b\[[0-9;]*m", "", CliRunner().invoke(app, ["statistics", "--help"]).output)
    assert "--metrics-port" in detail
    assert "--instance" in detail


def test_a_wrong_option_is_bad_usage() -> None:
    assert CliRunner().invoke(app, ["ticks", "--limit", "0"]).exit_code == 2
