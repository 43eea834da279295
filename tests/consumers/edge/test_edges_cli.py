"""What makes no sense to `linewatch edges` is bad usage, told before anything is asked of Kafka."""

import pytest
from typer.testing import CliRunner

from consumers.edge.edges_cli import app

_WIDE = {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("set-desired", "edge-1"), "either --model DIR or --clear"),
        (("set-desired", "edge-1", "--model", "/no/such/folder"), "does not exist"),
        (("configure", "edge-1"), "nothing to change"),
        (("configure", "edge-1", "--threshold", "scratch"), "CLASS=SCORE"),
        (("configure", "edge-1", "--region", "1,2"), "X,Y,W,H"),
        (("configure", "edge-1", "--review-band", "0.7"), "less than or equal to 0.5"),
    ],
)
def test_what_makes_no_sense_is_bad_usage(arguments: tuple[str, ...], reason: str) -> None:
    done = CliRunner().invoke(app, list(arguments), env=_WIDE)

    assert done.exit_code == 2
    assert reason in " ".join(done.output.replace("│", " ").split())


def test_help_names_every_command() -> None:
    shown = CliRunner().invoke(app, ["--help"], env=_WIDE)

    assert shown.exit_code == 0
    for command in ("list", "show", "set-desired", "configure"):
        assert command in shown.output
