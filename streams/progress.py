"""What of a partition was handed out, taken and done: the rules that keep bundles in order and commits honest.

A high-water mark is only as good as the order of what it is compared with: were one bundle lost on the way and the next
one counted, the lost one would be dropped as seen when it is read again. Faust clears its queues when partitions are
dealt and when recovery ends, so bundles do get lost. Hence three rules: a run of records that does not begin where the
last one ended is read again; a bundle is taken only when every one before it was; an offset is committed only when
everything before it is done.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

P = TypeVar("P")


class Turn(Enum):
    """What to do with a bundle that reached its reader."""

    NOW = "process it"
    STALE = "positions were set anew since: it comes again"
    BROKEN = "one before it was lost: read both again"


@dataclass(slots=True, eq=False)
class Span:
    """A run of offsets handed out together; `end` is the offset after its last record."""

    end: int
    taken: bool = False
    done: bool = False


@dataclass(slots=True)
class _Partition:
    next: int  # the offset that the next run begins with
    safe: int | None = None  # everything before it is done
    gap: int = -1  # a run was seen to begin there instead, and read again to be sure
    open: deque[Span] = field(default_factory=deque)


class Progress(Generic[P]):
    """Order and progress per partition; knows the partitions whose position was set with `reset`."""

    def __init__(self) -> None:
        self._partitions: dict[P, _Partition] = {}

    def reset(self, positions: Mapping[P, int]) -> None:
        """Begin anew at these offsets; everything handed out before is stale."""
        self._partitions = {partition: _Partition(position) for partition, position in positions.items()}

    def position(self, partition: P) -> int | None:
        """The offset that the next run of a partition begins with; None for a partition that is not ours."""
        entry = self._partitions.get(partition)
        return None if entry is None else entry.next

    def continues(self, partition: P, first: int) -> bool:
        """Whether a run that begins with offset `first` follows the last one.

        Offsets do have gaps (transaction markers, deleted records): one that is still there when the run was read
        again is accepted. After False, read the partition again from `position`.
        """
        entry = self._partitions[partition]
        if first in (entry.next, entry.gap):
            return True
        entry.gap = first
        return False

    def hand_out(self, partition: P, end: int) -> Span:
        """Note that the records up to `end` (exclusive) are on their way."""
        entry = self._partitions[partition]
        entry.next, entry.gap = end, -1
        span = Span(end)
        entry.open.append(span)
        return span

    def take(self, partition: P, span: Span) -> Turn:
        """Decide on a bundle that reached its reader; NOW marks it as taken."""
        entry = self._partitions.get(partition)
        if entry is None or span not in entry.open:
            return Turn.STALE
        for earlier in entry.open:
            if earlier is span:
                break
            if not earlier.taken:
                return Turn.BROKEN
        span.taken = True
        return Turn.NOW

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
        chosen = self._partitions.values() if partition is None else [self._partitions[partition]]
        return sum(1 for entry in chosen for span in entry.open if not span.done)

    def partitions(self) -> list[P]:
        """The partitions that are ours."""
        return list(self._partitions)
