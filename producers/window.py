"""The part of a spool that is also in memory: the frames the drain will ask for next."""

from collections import deque

from producers.captured import Spooled


class Window:
    """Frames from `cursor` on, in order, as long as they fit; what did not fit is read back from disk.

    Not safe to share between threads: its spool guards it.
    """

    def __init__(self, limit_bytes: int, *, cursor: int, committed: int) -> None:
        """`cursor` is the next index to give out, `committed` the index behind the last frame on disk."""
        self._limit = limit_bytes
        self._frames: deque[Spooled] = deque()
        self._complete_until = cursor  # every frame from the cursor up to here is in memory
        self.cursor = cursor
        self.committed = committed
        self.bytes = 0

    @property
    def waiting(self) -> bool:
        """Whether there may be frames to give out."""
        return self.cursor < self.committed

    def add(self, frame: Spooled) -> None:
        """A frame was committed; it is kept when everything before it that still waits is here too, and it fits."""
        self._close_gap()
        fits = not self._frames or self.bytes + frame.size <= self._limit
        if fits and self._complete_until == self.committed:
            self._frames.append(frame)
            self.bytes += frame.size
            self._complete_until = frame.index + 1
        self.committed = frame.index + 1

    def skip(self, index: int) -> None:
        """The frame with this index was dropped before it reached the disk."""
        self._close_gap()
        if self._complete_until == self.committed:
            self._complete_until = index + 1
        self.committed = index + 1

    def _close_gap(self) -> None:
        if self.cursor >= self.committed:
            self._complete_until = self.committed

    def cold(self) -> tuple[int, int] | None:
        """First index and index behind the last of what must be read from disk next; None when memory has the next."""
        if not self.waiting or (self._frames and self._frames[0].index == self.cursor):
            return None
        return self.cursor, self._frames[0].index if self._frames else self.committed

    def take(self, max_bytes: int) -> list[Spooled]:
        """The next frames from memory, of `max_bytes` together; one larger than that comes alone."""
        found: list[Spooled] = []
        size = 0
        while self._frames and (not found or size + self._frames[0].size <= max_bytes):
            frame = self._frames.popleft()
            self.bytes -= frame.size
            size += frame.size
            found.append(frame)
            if self._frames and self._frames[0].index != frame.index + 1:
                break
        if found:
            self.cursor = found[-1].index + 1
        return found

    def passed(self, index: int) -> None:
        """Everything below `index` was given out."""
        self.cursor = max(self.cursor, index)

    def remove(self, index: int) -> None:
        """The frame was dropped from the disk: it is not to be given out."""
        for frame in self._frames:
            if frame.index == index:
                self._frames.remove(frame)
                self.bytes -= frame.size
                return

    def rewind(self, index: int) -> None:
        """Start again at `index`, from the disk."""
        self._frames.clear()
        self.bytes = 0
        self.cursor = self._complete_until = index
