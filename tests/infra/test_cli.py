import subprocess
import sys
from importlib.util import find_spec

import pytest
from typer.testing import CliRunner

from infra import cli

RUNNER = CliRunner()


def test_help_names_every_part_without_loading_any() -> None:
    program = (
        "import sys\n"
        "from infra.cli import app\n"
        "try:\n    app(['--help'])\n"
        "except SystemExit:\n"
        "    heavy = {'tensorflow', 'faust', 'cv2', 'confluent_kafka', 'onnxruntime', 'numpy'} & set(sys.modules)\n"
        "    assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ") and line.strip()} >= set(
        cli._PARTS
    )


@pytest.mark.parametrize("part", sorted(cli._PARTS))
def test_every_part_exists_and_helps(part: str) -> None:
    module = cli._PARTS[part][0].partition(":")[0]
    assert find_spec(module) is not None
    result = RUNNER.invoke(cli.app, [part, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage" in result.output


def test_bad_usage_is_exit_code_two() -> None:
    assert RUNNER.invoke(cli.app, ["no-such-part"]).exit_code == 2


def test_an_error_of_ours_is_one_line_and_exit_code_one(capsys: pytest.CaptureFixture[str]) -> None:
    from infra.errors import InfraError

    def fail() -> None:
        raise InfraError("port 9092 is taken; choose another with --port")

    assert cli._guarded(fail) == 1
    assert capsys.readouterr().err == "error: port 9092 is taken; choose another with --port\n"


@pytest.mark.parametrize("said", ["install linewatch[edge]", "/data/[/x]/a.jpg is no image", "classes [bad] and [red]"])
def test_brackets_in_an_error_are_words_like_any_other(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    from infra.errors import InfraError

    def fail() -> None:
        raise InfraError(said)

    assert cli._guarded(fail) == 1
    assert capsys.readouterr().err == f"error: {said}\n"


def test_a_bug_is_not_dressed_up_as_an_error_of_ours() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cli._guarded(fail)


def test_version() -> None:
    assert RUNNER.invoke(cli.app, ["--version"]).output.startswith("linewatch 0.")
