"""Puts results back in order: frames of one camera are published as they came, whatever finished first."""

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

L = TypeVar("L", bound=Hashable)
T = TypeVar("T")


class OrderingBuffer(Generic[L, T]):
    """Holds results back until all before them in their line are there. Not safe across threads."""

    def __init__(self) -> None:
        self._expected: dict[L, deque[int]] = {}
        self._waiting: dict[tuple[L, int], T] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def lines(self) -> tuple[L, ...]:
        """Lines in which something is still expected."""
        return tuple(self._expected)

    def expect(self, line: L, number: int) -> None:
        """A result with this number will come, after all expected before in its line."""
        self._expected.setdefault(line, deque()).append(number)

    def complete(self, line: L, number: int, result: T) -> list[T]:
        """The results that may go on now, in order; none when an earlier one is missing or the line was dropped."""
        queue = self._expected.get(line)
        if queue is None or number not in queue:
            return []
        self._waiting[line, number] = result
        released = []
        while queue and (line, queue[0]) in self._waiting:
            released.append(self._waiting.pop((line, queue.popleft())))
        if not queue:
            del self._expected[line]
        return released

    def drop(self, line: L) -> list[T]:
        """Forget a line; gives back the results that waited in it."""
        numbers = self._expected.pop(line, deque[int]())
        return [self._waiting.pop((line, number)) for number in numbers if (line, number) in self._waiting]
