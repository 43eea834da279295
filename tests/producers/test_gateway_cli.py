"""`linewatch gateway`: what it hands on, what it prints, and its exit codes."""

import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner, Result

from infra import cli, process
from infra import settings as settings_module
from infra.settings import Settings
from producers import gateway as gateway_module
from producers.errors import FencedError, ProducersError, SpoolLockedError
from producers.gateway import GatewayOptions, GatewayReport
from producers.gateway_cli import app

ARGUMENTS = ["--edge", "press-1", "--camera", "cam-1", "--source", "images"]
REPORT = GatewayReport(
    edge_id="press-1",
    camera_id="cam-1",
    source="folder images (9 files)",
    epoch=2,
    captured=7,
    captured_bytes=1_500_000,
    skipped=2,
    delivered=7,
    first_sequence=2,
    last_sequence=8,
    dropped=0,
    dead_letters=0,
    gaps=0,
    waiting=0,
    seconds=1.25,
)


class Recorder:
    """Stands for the gateway: notes what it was told, and answers."""

    def __init__(self) -> None:
        self.asked: list[GatewayOptions] = []
        self.answer: GatewayReport | ProducersError = REPORT

    def __call__(self, _settings: Settings, options: GatewayOptions, *, registry: CollectorRegistry) -> "Recorder":
        assert list(registry.collect()) == []
        self.asked.append(options)
        return self

    def run(self, _stop: threading.Event) -> GatewayReport:
        if isinstance(self.answer, ProducersError):
            raise self.answer
        return self.answer


@pytest.fixture(autouse=True)
def recorder(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    """The gateway's stand-in; neither logging nor signals of the tests are touched."""
    monkeypatch.setenv("LINEWATCH_DATA_DIR", str(tmp_path_factory.mktemp("var")))
    monkeypatch.setattr(process, "setup_logging", lambda settings, name: logging.getLogger(name))
    monkeypatch.setattr(process, "stop_event", threading.Event)
    made = Recorder()
    monkeypatch.setattr(gateway_module, "Gateway", made)
    settings_module.load_settings.cache_clear()
    yield made
    settings_module.load_settings.cache_clear()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "120"})


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`linewatch ...` as the shell would call it; gives its exit code."""

    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["linewatch", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    return call


def test_what_is_asked_for_reaches_the_gateway(recorder: Recorder) -> None:
    done = run(*ARGUMENTS, "--fps", "2.5", "--limit", "7", "--product", "lid", "--loop")

    assert done.exit_code == 0
    assert recorder.asked == [
        GatewayOptions(
            edge_id="press-1", camera_id="cam-1", source="images", fps=2.5, limit=7, product="lid", loop=True
        )
    ]


def test_nothing_is_limited_unless_asked_for(recorder: Recorder) -> None:
    run(*ARGUMENTS)

    assert recorder.asked == [GatewayOptions(edge_id="press-1", camera_id="cam-1", source="images")]


def test_the_report_is_a_table_for_people() -> None:
    shown = run(*ARGUMENTS).stdout

    for words in ("7 frames, 1.5 MB", "7 frames (numbers 2 to 8)", "folder images (9 files)", "waiting in the spool"):
        assert words in shown
    assert "Nothing new" not in shown


def test_nothing_new_is_said(recorder: Recorder) -> None:
    recorder.answer = msgspec.structs.replace(
        REPORT, captured=0, delivered=0, skipped=9, first_sequence=None, last_sequence=None
    )

    shown = run(*ARGUMENTS).stdout

    assert "Nothing new: every file was delivered by an earlier run." in shown
    assert "numbers" not in shown


def test_the_report_is_json_for_machines() -> None:
    shown = run(*ARGUMENTS, "--json")

    assert msgspec.convert(json.loads(shown.stdout), GatewayReport) == REPORT


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ARGUMENTS[2:],
        ARGUMENTS[:4],
        [*ARGUMENTS, "--fps", "0"],
        [*ARGUMENTS, "--fps", "quick"],
        [*ARGUMENTS, "--limit", "-1"],
        [*ARGUMENTS, "--metrics-port", "70000"],
        [*ARGUMENTS, "--unknown"],
        [*ARGUMENTS, "more"],
    ],
)
def test_bad_usage_is_2_and_starts_nothing(recorder: Recorder, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2
    assert recorder.asked == []


@pytest.mark.parametrize(
    "error", [FencedError("camera cam-1 was taken over"), SpoolLockedError("the spool x is in use")]
)
def test_a_failure_is_1_and_one_line(
    main: Callable[..., int], recorder: Recorder, error: ProducersError, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder.answer = error

    code = main("gateway", *ARGUMENTS)

    said = capsys.readouterr()
    assert code == 1
    assert said.err.splitlines() == [f"error: {error}"]
    assert said.out == ""


def test_an_impossible_id_says_what_is_allowed(
    main: Callable[..., int], recorder: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main("gateway", "--edge", "Press 1", *ARGUMENTS[2:])

    assert code == 1
    assert "Press 1" in capsys.readouterr().err
    assert recorder.asked == []


def test_success_is_0(main: Callable[..., int]) -> None:
    assert main("gateway", *ARGUMENTS) == 0
