"""Live cameras: reconnecting, sampling, dropping the oldest, and errors that come out."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event

import numpy as np
import pytest

from producers.errors import SourceError
from producers.sources.live import BACKOFF_S, CameraState, Handoff, LiveSource, backoff_s
from producers.sources.source import BrokenImage, Capture
from producers.sources.synthetic.surface import Pixels


@dataclass
class FakeCamera:
    """Gives `frames` frames, then is lost."""

    frames: int
    broken_at: int | None = None
    grabbed: int = 0
    released: bool = False
    on_grab: Callable[[int], None] | None = None

    def grab(self) -> bool:
        if self.on_grab is not None:
            self.on_grab(self.grabbed)
        self.grabbed += 1
        return self.grabbed <= self.frames

    def retrieve(self) -> Pixels | None:
        if self.grabbed == self.broken_at:
            return None
        return np.full((24, 32, 3), self.grabbed, np.uint8)

    def release(self) -> None:
        self.released = True


@dataclass
class Site:
    """Cameras one after the other (None: nothing answers); the source is closed when all were tried."""

    cameras: Sequence[FakeCamera | None]
    states: list[tuple[CameraState, int]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    dropped: int = 0

    def __post_init__(self) -> None:
        self._left = list(self.cameras)
        self.source = self.open_at(None)

    def open_at(self, fps: float | None) -> LiveSource:
        self.source = LiveSource(
            self._connect,
            "test camera",
            fps=fps,
            on_state=lambda state, attempts: self.states.append((state, attempts)),
            on_drop=self._dropped,
            wait=self._wait,
        )
        return self.source

    def items(self) -> list[Capture | BrokenImage]:
        return list(self.source.open())

    def _connect(self) -> FakeCamera | None:
        camera = self._left.pop(0)
        if not self._left:
            self.source.close()
        return camera

    def _wait(self, stop: Event, seconds: float) -> bool:
        self.waits.append(seconds)
        return stop.is_set()

    def _dropped(self, count: int) -> None:
        self.dropped += count


def test_a_camera_is_looked_for_with_longer_and_longer_waits() -> None:
    site = Site([*[None] * 9, FakeCamera(3), None])
    assert len(site.items()) == 3
    assert site.states == [("lost", number) for number in range(1, 10)] + [("connected", 10), ("lost", 0)]
    assert site.waits == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0, 30.0, 0.5]


def test_waits_begin_anew_after_a_connection() -> None:
    first, second = FakeCamera(2), FakeCamera(1)
    site = Site([None, first, None, second, None])
    assert len(site.items()) == 3
    assert site.states == [("lost", 1), ("connected", 2), ("lost", 0), ("lost", 1), ("connected", 2), ("lost", 0)]
    assert first.released
    assert second.released


def test_a_frame_that_cannot_be_decoded_is_a_lost_camera() -> None:
    camera = FakeCamera(5, broken_at=3)
    site = Site([camera, None])
    assert len(site.items()) == 2
    assert camera.released
    assert ("lost", 0) in site.states


def test_backoff_has_an_upper_end() -> None:
    assert [backoff_s(attempts) for attempts in (0, 1, 6, 7, 1000)] == [0.5, 1.0, 30.0, 30.0, 30.0]
    assert list(BACKOFF_S) == sorted(BACKOFF_S)


def test_a_live_camera_has_no_past() -> None:
    with pytest.raises(SourceError, match="can't go back to position 7"):
        next(LiveSource(lambda: None, "webcam 0").open(7))


def test_what_is_no_rate_is_refused() -> None:
    with pytest.raises(SourceError, match="no rate"):
        LiveSource(lambda: None, "webcam 0", fps=0)


def test_frames_between_two_moments_are_passed_over() -> None:
    site = Site([FakeCamera(200), None])
    site.open_at(1 / 3600)
    assert len(site.items()) == 1


def test_an_error_in_the_camera_s_thread_comes_out() -> None:
    def connect() -> None:
        raise RuntimeError("driver bug")

    with pytest.raises(RuntimeError, match="driver bug"):
        list(LiveSource(connect, "webcam 0").open())


def test_a_slow_reader_loses_the_oldest_and_hears_of_it() -> None:
    enough = threading.Event()
    site = Site([FakeCamera(50, on_grab=lambda number: enough.set() if number == 50 else None), None])
    items = site.source.open()
    first = next(items)
    assert enough.wait(60)
    rest = list(items)
    assert isinstance(first, Capture)
    assert 1 + len(rest) + site.dropped == 50
    assert site.dropped >= 50 - 1 - 32 - 1


def test_closing_the_iteration_ends_the_thread() -> None:
    camera = FakeCamera(10**9)
    source = LiveSource(lambda: camera, "test camera")
    items = source.open()
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert camera.released
    assert list(source.open()) == []


def numbered(number: int) -> Capture:
    return Capture(image=b"", content_type="image/jpeg", captured_at_us=number, monotonic_ns=0, origin="test")


def test_a_full_queue_drops_the_oldest() -> None:
    drops: list[int] = []
    handoff = Handoff(3, drops.append)
    for number in range(5):
        handoff.put(numbered(number))
    handoff.finish()
    assert [capture.captured_at_us for capture in handoff] == [2, 3, 4]
    assert drops == [1, 1]


def test_nothing_waits_after_the_end() -> None:
    handoff = Handoff(2, lambda _: None)
    handoff.finish()
    assert list(handoff) == []
