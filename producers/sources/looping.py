"""A source that begins again at its end."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Event
from typing import Protocol

from producers.errors import SourceError
from producers.sources.source import BrokenImage, Capture, Source


class Finite(Source, Protocol):
    """A replayable source that has an end."""

    @property
    def length(self) -> int:
        """How many items `open(0)` yields."""
        ...


class LoopedSource:
    """A finite source again and again; positions go on rising: round n begins at n times its length."""

    replayable = True

    def __init__(self, source: Finite) -> None:
        self._source = source
        self._closed = Event()
        self.description = f"{source.description}, again and again"

    def open(self, position: int = 0) -> Iterator[Capture | BrokenImage]:
        """Yield for ever, from `position` on. Raises SourceError when there is nothing to repeat (any more)."""
        length = self._source.length
        if length < 1:
            raise SourceError(f"{self._source.description} is empty and can't be looped")
        first_round, start = divmod(position, length)
        yield from self._round(first_round * length, start)
        passed = first_round + 1
        while not self._closed.is_set():
            good = 0
            for item in self._round(passed * length, 0):
                good += isinstance(item, Capture)
                yield item
            if not good and not self._closed.is_set():
                # Broken ones are not held back by any pace: a folder that went away would flood the dead letters.
                raise SourceError(f"{self._source.description}: of {length} not one could be read in a whole round")
            passed += 1

    def close(self) -> None:
        """End every iteration before its next item."""
        self._closed.set()
        self._source.close()

    def _round(self, offset: int, start: int) -> Iterator[Capture | BrokenImage]:
        for index, item in enumerate(self._source.open(start), start=start):
            yield replace(item, position=offset + index)
