"""Pace: a fixed rate without drift, broken images at once, an end at any moment."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from producers.errors import SourceError
from producers.sources.files import FileSource
from producers.sources.live import LiveSource
from producers.sources.pacing import PacedSource, Schedule, paced
from producers.sources.source import BrokenImage
from tests.producers.sources.pictures import folder_of


@dataclass
class Time:
    """A clock that waiting moves, a little too far each time."""

    now: float = 100.0
    late: float = 0.003
    waits: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def wait(self, stop: Event, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds + self.late
        return stop.is_set()


def images(folder: Path, count: int) -> FileSource:
    folder_of(folder, *(f"{number:03}.jpg" for number in range(count)))
    return FileSource(sorted(folder.iterdir()), "images")


def test_errors_of_single_waits_do_not_add_up(tmp_path: Path) -> None:
    time = Time()
    moments = [time.now for _ in PacedSource(images(tmp_path, 41), 10, monotonic=time.monotonic, wait=time.wait).open()]
    assert len(moments) == 41
    assert moments[0] == 100.0
    assert moments[40] == pytest.approx(104.0, abs=0.004)


def test_a_short_delay_is_caught_up_and_a_long_one_forgotten() -> None:
    time = Time()
    schedule = Schedule(10, monotonic=time.monotonic)
    assert schedule.delay() == 0
    schedule.take()
    time.now += 0.35
    assert schedule.delay() == pytest.approx(-0.25)
    time.now += 3600
    assert schedule.delay() == 0
    schedule.take()
    assert schedule.delay() == pytest.approx(0.1)


def test_rates_below_one_a_second_are_held_too() -> None:
    time = Time()
    schedule = Schedule(0.1, monotonic=time.monotonic)
    schedule.take()
    assert schedule.delay() == pytest.approx(10.0)


def test_broken_images_take_no_moment(tmp_path: Path) -> None:
    source = images(tmp_path, 4)
    (tmp_path / "001.jpg").write_bytes(b"")
    time = Time(late=0.0)
    items = list(PacedSource(source, 10, monotonic=time.monotonic, wait=time.wait).open())
    assert isinstance(items[1], BrokenImage)
    assert time.now == pytest.approx(100.3)


def test_resuming_is_passed_on(tmp_path: Path) -> None:
    time = Time()
    source = PacedSource(images(tmp_path, 5), 10, monotonic=time.monotonic, wait=time.wait)
    assert [item.position for item in source.open(3)] == [3, 4]


def test_close_wakes_the_wait(tmp_path: Path) -> None:
    source = paced(images(tmp_path, 3), 1 / 3600)
    items = source.open()
    next(items)
    closing = threading.Timer(0.05, source.close)
    closing.start()
    assert list(items) == []
    closing.join()


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan"), float("inf")])
def test_what_is_no_rate_is_refused(tmp_path: Path, fps: float) -> None:
    with pytest.raises(SourceError, match="no rate"):
        paced(images(tmp_path, 1), fps)


def test_a_live_source_sets_its_own_pace() -> None:
    with pytest.raises(SourceError, match="live"):
        paced(LiveSource(lambda: None, "webcam 0"), 5)
