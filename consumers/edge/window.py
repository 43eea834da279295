"""Bounds what is in flight, in records and in bytes, so that memory stays flat however far the edge is behind."""

import threading


class InFlightWindow:
    """A counter of records and bytes between arrival and acknowledgement; safe across threads."""

    def __init__(self, *, records: int, size: int) -> None:
        self._records_limit, self._size_limit = records, size
        self._records, self._size = 0, 0
        self._changed = threading.Condition()

    @property
    def records(self) -> int:
        """Records in flight."""
        return self._records

    @property
    def size(self) -> int:
        """Bytes in flight."""
        return self._size

    def enter(self, size: int) -> None:
        """Count a record; never waits. One record may be larger than the whole window."""
        with self._changed:
            self._records += 1
            self._size += size

    def leave(self, size: int) -> None:
        """A record is done."""
        with self._changed:
            self._records -= 1
            self._size -= size
            self._changed.notify_all()

    def wait_for_room(self, timeout: float) -> bool:
        """Wait until another record may enter, at most `timeout` seconds; whether it may."""
        with self._changed:
            return self._changed.wait_for(self._has_room, timeout)

    def _has_room(self) -> bool:
        return self._records < self._records_limit and self._size < self._size_limit
