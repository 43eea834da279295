import json
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import cv2
import psutil
import pytest
from rich.console import Console

from infra.demo import run
from infra.demo.errors import DemoError
from infra.demo.options import EDGES, DemoOptions
from infra.demo.processes import Deadline
from infra.demo.run import _MARK, _fresh_home
from tests.paths import REPO


def test_only_a_folder_that_a_demo_made_is_ever_emptied(tmp_path: Path) -> None:
    home = _fresh_home(tmp_path / "demo")
    (home / "old.txt").touch()
    assert [path.name for path in _fresh_home(tmp_path / "demo").iterdir()] == [_MARK]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(DemoError, match="holds files that no demo made"):
        _fresh_home(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()


class _Scene:
    """A line that inspects one more frame at each look, stands still for ever at `last`, and ends at `frames`."""

    def __init__(self, frames: int, last: int) -> None:
        self.seen, self._frames, self._last = 0, frames, last
        self.running = True

    @property
    def frames(self) -> dict[str, dict[str, None]]:
        return {edge: {str(number): None for number in range(self.seen)} for edge in EDGES}

    def poll(self, _seconds: float) -> None:
        self.seen = min(self.seen + 1, self._last)
        self.running = self.seen < self._frames

    def inspected(self, _edge: str) -> int:
        return self.seen

    def open_tasks(self, _edge: str) -> list[None]:
        return []

    def check(self) -> None:
        """No process has failed."""


class _ThreeLooks(Deadline):
    """A deadline that has passed after three looks."""

    def __init__(self, _seconds: float, what: str) -> None:
        super().__init__(3600, what)
        self._looks = 0

    def check(self, state: str) -> None:
        self._looks += 1
        if self._looks > 3:
            raise DemoError(f"stands still at {state}")


def test_only_standing_still_ends_a_long_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "Deadline", _ThreeLooks)
    options = DemoOptions(source=tmp_path, frames=1, fps=1, out=tmp_path)

    def follow(scene: _Scene) -> None:
        children, gateways, watch = cast("Any", scene), cast("Any", [scene]), cast("Any", scene)
        run._follow(children, gateways, watch, options, Console(quiet=True))

    follow(_Scene(frames=20, last=20))
    with pytest.raises(DemoError, match="stands still"):
        follow(_Scene(frames=20, last=10))


def _processes_in(folder: Path) -> list[int]:
    """Processes that work in a demo's folder."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process.pid)
    return found


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_the_demo_inspects_every_frame_and_counts_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "infra.cli", "demo", "--frames", "40", "--out", str(tmp_path / "demo")]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads((tmp_path / "demo/report.json").read_text())
    assert [(each["frames"], each["inspected"], each["counted"]) for each in figures] == [(40, 40, 40)] * 2
    assert all(each["to_label"] > 0 for each in figures)
    assert re.search(r"first sign-in  http://127\.0\.0\.1:\d+/#token=\S{20}", done.stdout)
    assert _processes_in(tmp_path / "demo") == []
    sheet = cv2.imread(str(tmp_path / "demo/contact-sheet.png"))
    assert sheet is not None
    assert sheet.shape[0] > 1000
