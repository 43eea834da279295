"""Which offset of a partition may be committed: the end of the last bundle before which every one is done."""

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

P = TypeVar("P")


@dataclass(slots=True, eq=False)
class Span:
    """A run of offsets handed out together; `end` is the offset after its last record."""

    end: int
    done: bool = False


@dataclass(slots=True)
class _Partition:
    open: deque[Span] = field(default_factory=deque)
    safe: int | None = None


class Progress(Generic[P]):
    """Spans of offsets handed out and done, per partition.

    A span that is never done (its delivery was cancelled by a rebalance) holds the commit back until `clear`: the
    records after it are read again, and none is skipped.
    """

    def __init__(self) -> None:
        self._partitions: dict[P, _Partition] = {}

    def hand_out(self, partition: P, end: int) -> Span:
        """Note that the records up to `end` (exclusive) are on their way; done when the span's `done` is set."""
        span = Span(end)
        self._partitions.setdefault(partition, _Partition()).open.append(span)
        return span

    def committable(self, partition: P) -> int | None:
        """The offset from which a successor must read on; None while nothing was done."""
        entry = self._partitions.get(partition)
        if entry is None:
            return None
        while entry.open and entry.open[0].done:
            entry.safe = entry.open.popleft().end
        return entry.safe

    def outstanding(self, partition: P | None = None) -> int:
        """How many spans are handed out and not done, of one partition or of all."""
        chosen = self._partitions.values() if partition is None else [self._partitions.get(partition, _Partition())]
        return sum(1 for entry in chosen for span in entry.open if not span.done)

    def partitions(self) -> list[P]:
        """The partitions that have spans."""
        return list(self._partitions)

    def clear(self) -> None:
        """Forget everything: positions were set anew."""
        self._partitions.clear()
