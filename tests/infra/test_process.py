import logging
import signal
from collections.abc import Iterator

import pytest

from infra.process import setup_logging, stop_event
from infra.settings import Settings


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_first_signal_asks_to_stop_and_the_second_ends() -> None:
    stopped = stop_event()
    assert not stopped.is_set()
    signal.raise_signal(signal.SIGTERM)
    assert stopped.is_set()
    with pytest.raises(SystemExit) as ended:
        signal.raise_signal(signal.SIGINT)
    assert ended.value.code == 130


@pytest.mark.timeout(20)
def test_a_signal_inside_the_events_own_lock_stops_all_the_same() -> None:
    stopped = stop_event()
    with stopped._cond:  # type: ignore[attr-defined]
        signal.raise_signal(signal.SIGTERM)
    assert stopped.wait(10)


def test_logs_go_to_standard_error_with_name_and_level(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        setup_logging(Settings(log_level="WARNING"), "edge").info("hidden")
        logging.getLogger("edge").warning("shown")
    finally:
        root.handlers[:], root.level = before
    captured = capsys.readouterr()
    assert "WARNING edge: shown" in captured.err
    assert "hidden" not in captured.err
    assert captured.out == ""
