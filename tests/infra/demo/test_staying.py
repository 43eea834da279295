import signal
from typing import cast

import pytest
from rich.console import Console

from infra.demo import staying
from infra.demo.door import Door
from infra.demo.errors import DemoError
from infra.demo.labeling import Labeling
from infra.demo.processes import Children
from infra.demo.staying import has_display, show_door, stay, stoppable

DOOR = Door("http://127.0.0.1:8480/", "secret-token", "key")
LABELING = Labeling(opened={"press-1": 3}, offered={"press-1": 3}, kept={"press-1": 3}, counted={"press-1": 9})


class _Watched:
    """Children that are looked at twice; then something happens."""

    def __init__(self, happens: BaseException) -> None:
        self._looks, self._happens = 0, happens

    def check(self) -> None:
        self._looks += 1
        if self._looks > 2:
            raise self._happens


def _stay(happens: BaseException, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(staying, "_LOOK_S", 0.0)
    console = Console(width=200, record=True, quiet=False, file=open("/dev/null", "w"))  # noqa: SIM115
    with console.file:
        stay(cast("Children", _Watched(happens)), DOOR, console, browser=False)
        return console.export_text()


def test_address_token_and_what_waits_are_told() -> None:
    console = Console(width=40, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    with console.file:
        show_door(DOOR, LABELING, console)
        text = console.export_text()
    assert "http://127.0.0.1:8480/#token=secret-token" in text
    assert "3 frames wait: press-1 3" in text


def test_ctrl_c_ends_the_stay_well(monkeypatch: pytest.MonkeyPatch) -> None:
    text = _stay(KeyboardInterrupt(), monkeypatch)
    assert "Press Ctrl-C to stop" in text
    assert "stopping everything" in text


def test_a_process_that_fails_meanwhile_ends_the_stay_badly(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DemoError, match="archive ended"):
        _stay(DemoError("archive ended"), monkeypatch)


def test_being_told_to_end_interrupts_once_so_that_cleaning_up_is_left_in_peace() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stoppable():
        with pytest.raises(KeyboardInterrupt, match="SIGTERM"):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before


def test_no_browser_is_opened_where_nobody_would_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not has_display()
    monkeypatch.setenv("DISPLAY", ":0")
    assert has_display()
