"""Gateways under adverse scheduling: threads stalled wherever they share something, ended at any moment, started again.

One trial is one camera over several runs; what it must leave behind is checked after each of them.
"""

import random
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Final

import pytest

from infra.settings import Settings
from producers import gateway
from producers.drain import Drain
from producers.gateway import Gateway, GatewayOptions, GatewayReport
from producers.kafka_link import KafkaLink
from producers.spool import Spool
from producers.spool_writer import SpoolWriter
from producers.window import Window
from schemas.records import Frame
from tests.integration.gateway_line import draw_files, read_frames

# Where two threads meet: before and after each of these, one of them may be held up.
_MEETINGS: Final = (
    (Spool, ("append", "take", "acknowledge", "claimed", "rewind", "is_drained", "_settle", "_next_batch")),
    (SpoolWriter, ("write",)),
    (Window, ("add", "take", "passed")),
    (KafkaLink, ("send", "commit")),
    (Drain, ("finish", "_over", "_note_delivered")),
)
_STALL_S: Final = 0.02  # at most: several commits to disk long
_STALLS: Final = 0.02  # share of the places passed that stall
_SWITCH_S: Final = 1e-5  # Python lets another thread run 500 times as often as usual


def _stalled(function: Callable[..., Any], chance: random.Random) -> Callable[..., Any]:
    @wraps(function)
    def hesitant(*arguments: Any, **named: Any) -> Any:
        _hesitate(chance)
        result = function(*arguments, **named)
        _hesitate(chance)
        return result

    return hesitant


def _hesitate(chance: random.Random) -> None:
    if chance.random() < _STALLS:
        time.sleep(chance.random() * _STALL_S)


def stall(monkeypatch: pytest.MonkeyPatch, chance: random.Random) -> None:
    """Hold threads of every gateway up at random, from now on."""
    for kind, names in _MEETINGS:
        for name in names:
            monkeypatch.setattr(kind, name, _stalled(getattr(kind, name), chance))

    class Hesitant(sqlite3.Connection):
        """Loses the interpreter between a statement's first row and its end, as happens on a busy machine."""

        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            cursor = super().execute(*arguments)
            _hesitate(chance)
            return cursor

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **named: connect(*given, factory=Hesitant, **named))


class Trial:
    """One camera: files that come, runs that end somehow, and what is true after each."""

    def __init__(self, settings: Settings, edge: str, camera: str, folder: Path, chance: random.Random) -> None:
        self._settings, self._edge, self._camera, self._folder, self._chance = settings, edge, camera, folder, chance
        folder.mkdir(parents=True)
        self._pattern = draw_files(folder / "pattern", 1, edge=8)[0].read_bytes()
        (folder / "images").mkdir()
        self._files = 0
        self.runs = self._captured = self._delivered = 0

    def add_files(self, count: int) -> None:
        """So many distinct files more; their names lie among those there are."""
        for _ in range(count):
            self._files += 1
            name = f"{self._chance.randrange(10**6):06}-{self._files}.jpg"
            # Behind the end marker of a JPEG, anything may follow.
            content = self._pattern + f"{self._camera}/{self._files}".encode() + bytes(self._chance.randrange(3000))
            (self._folder / "images" / name).write_bytes(content)

    def run(self, *, limit: int | None = None, stop_after: float | None = None) -> None:
        """One run of a whole gateway, told to stop after so many seconds, and the checks after it."""
        stop = threading.Event()
        timer = threading.Timer(stop_after or 0.0, stop.set)
        options = GatewayOptions(
            edge_id=self._edge, camera_id=self._camera, source=str(self._folder / "images"), limit=limit
        )
        running = Gateway(self._settings, options)
        if stop_after is not None:
            timer.start()
        report = running.run(stop)
        timer.cancel()
        self.runs += 1
        self._check(report)

    def finish(self) -> None:
        """A last run that nothing disturbs: every file is in Kafka, once."""
        self.run()
        frames = read_frames(self._settings, self._edge, self._camera)
        names = [Path(frame.origin or "") for frame in frames]
        assert len(set(names)) == len(names) == self._files == self._delivered, self._told(frames)
        assert all(frame.image == path.read_bytes() for frame, path in zip(frames, names, strict=True))
        assert self._captured == self._delivered

    def _check(self, report: GatewayReport) -> None:
        self._captured += report.captured
        self._delivered += report.delivered
        frames = read_frames(self._settings, self._edge, self._camera)
        told = self._told(frames, report)
        assert (report.gaps, report.dropped, report.dead_letters) == (0, 0, 0), told
        assert self._delivered + report.waiting == self._captured, told
        assert [frame.sequence for frame in frames] == list(range(len(frames))), told
        # A commit whose answer was not waited for is in Kafka, and counted by the next run.
        assert self._delivered <= len(frames) <= self._captured, told
        assert report.waiting > 0 or len(frames) == self._delivered, told
        if report.delivered:
            assert report.first_sequence is not None, told
            assert report.last_sequence == report.first_sequence + report.delivered - 1, told

    def _told(self, frames: list[Frame], report: GatewayReport | None = None) -> str:
        numbers = [frame.sequence for frame in frames]
        return (
            f"{self._camera}, run {self.runs}: {self._files} files, {self._captured} captured, {self._delivered} "
            f"delivered, {len(frames)} in Kafka, missing numbers {sorted(set(range(len(frames))) - set(numbers))[:9]}, "
            f"{report}"
        )


def endure(trial: Trial, monkeypatch: pytest.MonkeyPatch, chance: random.Random) -> None:
    """Two to four runs of one camera with files added in between, ended at random, then a last one to the end."""
    for _ in range(chance.randrange(1, 4)):
        trial.add_files(chance.choice((3, 20, 100, 300)))
        # A short grace leaves frames in the spool, and sometimes a commit whose answer nobody waits for.
        monkeypatch.setattr(gateway, "_GRACE_S", chance.choice((0.0, 0.05, 0.3, 10.0)))
        how = chance.choice(("whole", "stop", "limit"))
        trial.run(
            limit=chance.randrange(1, 100) if how == "limit" else None,
            stop_after=chance.random() * 1.2 if how == "stop" else None,
        )
    trial.add_files(chance.randrange(3, 30))
    monkeypatch.setattr(gateway, "_GRACE_S", 60.0)
    trial.finish()


@contextmanager
def switching_often() -> Iterator[None]:
    """Python changes threads much more often inside."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
