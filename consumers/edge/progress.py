"""How far a partition has come: which offset may be committed, with which marks. Pure, one object a partition."""

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass

from consumers.edge.marks import Mark


@dataclass(frozen=True, slots=True)
class Position:
    """What a commit says: the next offset to read, and the marks of all frames before it."""

    offset: int
    marks: Mapping[str, Mark]


class PartitionProgress:
    """Tracks records from their arrival until their result is acknowledged, and what prefix of them is done.

    Records finish in any order; the position only passes a record when all before it are done. Not safe across
    threads.
    """

    def __init__(self, marks: Mapping[str, Mark] | None = None) -> None:
        self._open: deque[int] = deque()
        self._frames: dict[int, tuple[str, Mark]] = {}
        self._done: set[int] = set()
        self._marks: OrderedDict[str, Mark] = OrderedDict(marks or {})
        self._next: int | None = None

    @property
    def in_flight(self) -> int:
        """Records that have arrived and are not done."""
        return len(self._open) - len(self._done)

    @property
    def position(self) -> Position | None:
        """What may be committed now; None before the first record is done."""
        return None if self._next is None else Position(self._next, dict(self._marks))

    def start(self, offset: int, camera_id: str | None = None, mark: Mark | None = None) -> None:
        """A record arrived; offsets must rise. Camera and mark belong to a frame that will be inspected."""
        if self._open and offset <= self._open[-1]:
            raise ValueError(f"offset {offset} arrived after {self._open[-1]}")
        self._open.append(offset)
        if camera_id is not None and mark is not None:
            self._frames[offset] = (camera_id, mark)

    def finish(self, offset: int) -> None:
        """A record's result is acknowledged, or it needs none."""
        self._done.add(offset)
        while self._open and self._open[0] in self._done:
            first = self._open.popleft()
            self._done.remove(first)
            self._next = first + 1
            self._advance(self._frames.pop(first, None))

    def _advance(self, frame: tuple[str, Mark] | None) -> None:
        if frame is not None:
            camera_id, mark = frame
            self._marks[camera_id] = mark
            self._marks.move_to_end(camera_id)
