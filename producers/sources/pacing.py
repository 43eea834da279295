"""How fast a replayable source goes: a fixed rate on the monotonic clock."""

import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import Final

from producers.errors import SourceError
from producers.sources.source import BrokenImage, Capture, Source

# A source that was held up longer than this goes on from now: nobody wants an hour of frames in one burst.
_CATCH_UP_S: Final = 1.0


class Schedule:
    """Moments `1/fps` seconds apart. They are counted from the first one, so errors of single waits never add up."""

    def __init__(self, fps: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        if not 0 < fps < float("inf"):
            raise SourceError(f"{fps} frames a second is no rate; give a number above 0")
        self._period = 1.0 / fps
        self._monotonic = monotonic
        self._start: float | None = None
        self._taken = 0

    def delay(self) -> float:
        """Seconds until the next moment, at most 0 when it has come."""
        now = self._monotonic()
        if self._start is None:
            self._start = now
        due = self._start + self._taken * self._period
        if now - due > max(_CATCH_UP_S, self._period):
            self._start, self._taken, due = now, 0, now
        return due - now

    def take(self) -> None:
        """Use up the next moment."""
        self._taken += 1


class PacedSource:
    """A replayable source that yields its captures at a fixed rate; broken images come as soon as they are met."""

    replayable = True

    def __init__(
        self,
        source: Source,
        fps: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[Event, float], bool] = Event.wait,
    ) -> None:
        if not source.replayable:
            raise SourceError(f"{source.description} is live and sets its own pace; give the rate when opening it")
        Schedule(fps)  # a rate that is none is refused here, not at the first image
        self._source = source
        self._fps = fps
        self._monotonic = monotonic
        self._wait = wait
        self._closed = Event()
        self.description = f"{source.description} at {fps:g} frames/s"

    def open(self, position: int = 0) -> Iterator[Capture | BrokenImage]:
        """As the source's own, each capture not before its moment."""
        schedule = Schedule(self._fps, monotonic=self._monotonic)
        items = self._source.open(position)
        while self._until_due(schedule):
            item = next(items, None)
            if item is None:
                return
            if isinstance(item, Capture):
                schedule.take()
            yield item

    def close(self) -> None:
        """Wake the wait that is under way and close the source."""
        self._closed.set()
        self._source.close()

    def _until_due(self, schedule: Schedule) -> bool:
        """Wait for the next moment; False when closed meanwhile."""
        while (delay := schedule.delay()) > 0:
            if self._wait(self._closed, delay):
                return False
        return not self._closed.is_set()


def paced(source: Source, fps: float) -> Source:
    """Return `source` slowed down to `fps` captures a second, without drift; SourceError for a live one."""
    return PacedSource(source, fps)
