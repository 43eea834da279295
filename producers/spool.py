"""The spool: every captured frame waits here until Kafka has acknowledged it.

One thread writes it to disk, committing at once whatever came in while its last commit ran. What was just captured is
also kept in memory, within a window, so that a drain that keeps up reads nothing back.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from producers.captured import Captured, Ledger, Notice, Spooled
from producers.errors import SpoolClosedError, SpoolError
from producers.spool_file import SpoolFile, SpoolLock, disk_cost
from producers.spool_writer import Batch, Incoming, SpoolLimits, SpoolWriter, Written
from producers.window import Window

__all__ = ["Acknowledgement", "Spool", "SpoolLimits", "SpoolState"]

_PENDING_BYTES: Final = 32 * 2**20  # captured frames on their way to disk
_READ_AHEAD_BYTES: Final = 16 * 2**20  # of files before Kafka has them: they do not run away, and caches are small
_FULL_RETRY_S: Final = 0.5  # how often a full disk is tried again
_LINGER_S: Final = 0.02  # a commit costs about 0.3 ms of processor: 50 a second are nothing, 1,000 would be a third


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """What Kafka has for sure."""

    index: int | None = None  # frames up to this one
    offset: int | None = None  # later frames lie at or behind it
    notice: int = 0  # notices up to this id


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolState:
    """How a spool stands."""

    ledger: Ledger
    frames: int  # captured and not acknowledged
    used_bytes: int  # disk the file's contents take
    captured: int  # frames captured by this process
    dropped: int  # of the frames captured by anyone, dropped by this process because there was no room
    disk_full: bool  # the disk refused the last write


class Spool:
    """Frames between capture and acknowledgement, in order: `append` by one thread, `take` by another."""

    def __init__(
        self,
        folder: Path,
        limits: SpoolLimits,
        *,
        camera_id: str,
        unix_us: Callable[[], int],
        on_drop: Callable[[int], None] = lambda count: None,
    ) -> None:
        """Open or make the spool in `folder`; `on_drop` hears how many frames were dropped for want of room.

        Raises SpoolLockedError when another gateway has the folder, SpoolError when it can't be used.
        """
        self._folder, self._limits, self._on_drop = folder, limits, on_drop
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = SpoolLock(folder)
        except OSError as error:
            raise SpoolError(f"the spool {folder} can't be made: {error.strerror}; mend data_dir") from error
        try:
            self._file = SpoolFile(folder, log_bytes=limits.log_bytes, max_pages=limits.max_pages)
        except SpoolError:
            self._lock.release()
            raise
        self._ledger = self._file.read_ledger()
        lock = threading.RLock()
        # Two groups wait, so that a captured frame wakes nobody who has nothing to do with it.
        self._changed = threading.Condition(lock)  # frames to take, room for more, everything written
        self._to_write = threading.Condition(lock)  # the writing thread: something to write, or to write at once
        cursor = self._ledger.acknowledged + 1
        self._window = Window(limits.window_bytes, cursor=cursor, committed=self._ledger.next_index)
        self._writer = SpoolWriter(self._file, limits, camera_id=camera_id, unix_us=unix_us, evict=self._evict)
        self._frames: deque[Incoming] = deque()
        self._frame_bytes = 0
        self._notices: deque[tuple[Notice, tuple[str, str] | None]] = deque()
        self._notice_cursor = self._notice_acknowledged = 0
        self._dirty = self._writing = False  # the ledger differs from the one on disk; it is being written
        self._captured = self._dropped = 0
        self._flushing = 0
        self._lingering = self._sealed = False  # the writing thread waits for company; no more frames will come
        self._reading = self._interrupted = self._closing = self._last_try = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"spool-{camera_id}", daemon=True)
        self._thread.start()

    # The capturing side.

    def append(self, frame: Captured, *, droppable: bool) -> None:
        """Number a frame and hand it to the disk.

        A frame that is not `droppable`, as its source can give it again, waits for room; a droppable one waits only for
        a disk slower than its camera. Raises SpoolClosedError when interrupted or closed, SpoolError when it failed.
        """
        cost = disk_cost(frame)
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._has_room(frame, cost, droppable))
            self._check()
            index = self._ledger.next_index
            self._frames.append(Incoming(index, frame, cost, droppable))
            self._frame_bytes += len(frame.image)
            self._captured += 1
            self._sealed = False
            self._change(next_index=index + 1)

    def append_notice(self, notice: Notice, taken: tuple[str, str] | None = None) -> None:
        """Keep a notice; `taken` (path, sha256) is a file that needs no second look."""
        with self._changed:
            self._check()
            self._notices.append((notice, taken))
            self._wake_writer()

    def is_taken(self, path: str, sha256: str) -> bool:
        """Whether this file with these bytes was captured by an earlier run."""
        return self._file.read_is_taken(path, sha256)

    def has_taken(self) -> bool:
        """Whether any file was captured by an earlier run."""
        return self._file.read_has_taken()

    def is_path_taken(self, path: str) -> bool:
        """Whether a file of this path, with whatever bytes, was captured by an earlier run."""
        return self._file.read_is_path_taken(path)

    def position(self, source: str) -> int:
        """Where a source that is resumed by position goes on."""
        return self._file.read_position(source)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything captured is on disk; False when it is not after `timeout` seconds."""
        with self._changed:
            self._flushing += 1
            self._wake_writer()
            self._changed.wait_for(lambda: self._failure is not None or not self._pending, timeout)
            self._flushing -= 1
            return not self._pending

    def interrupt(self) -> None:
        """Make an `append` that waits for room give up: the capture is ending."""
        with self._changed:
            self._interrupted = True
            self._changed.notify_all()
            self._wake_writer()

    def seal(self) -> None:
        """No more frames will come, as far as is known: nothing waits for company, and `take` for what can't come."""
        with self._changed:
            self._sealed = True
            self._changed.notify_all()
            self._wake_writer()

    def _has_room(self, frame: Captured, cost: int, droppable: bool) -> bool:
        size, waiting = len(frame.image), self._frame_bytes
        if waiting and waiting + size > _PENDING_BYTES:
            return False
        if droppable:
            return True
        if frame.path is not None:  # its bytes are in memory only, so the window is what limits it
            held = waiting + self._window.bytes
            return not held or held + size <= min(_READ_AHEAD_BYTES, self._limits.window_bytes)
        return self._writer.fits(waiting + cost) or self._is_empty()

    def _is_empty(self) -> bool:
        return not self._frames and not self._writer.frames

    # The delivering side.

    def take(self, max_bytes: int, timeout: float) -> list[Spooled]:
        """The next frames in order, about `max_bytes` of them.

        Empty when none came within `timeout` seconds, or when all is taken and written and no more will come.
        """
        deadline = time.monotonic() + timeout
        attempt = 0
        while True:
            left = max(0.0, deadline - time.monotonic())
            with self._changed:
                self._changed.wait_for(self._is_worth_looking, left)
                cold = self._window.cold()
                if cold is None:
                    found = self._window.take(max_bytes)
                    self._changed.notify_all()
                    return found
                self._reading = True
            # Where everything in between was dropped, what comes behind it is next; but while frames are being dropped
            # one after the other, the caller must not wait for one that is not: it has others to commit.
            found = self._take_cold(*cold, max_bytes)
            attempt += 1
            if found or (attempt > 1 and time.monotonic() >= deadline):
                return found

    def _is_worth_looking(self) -> bool:
        return self._closing or self._window.waiting or (self._sealed and not self._pending)

    def _take_cold(self, first: int, before: int, max_bytes: int) -> list[Spooled]:
        found: list[Spooled] = []
        try:
            found = self._file.read_frames(first, before, max_bytes)
        finally:
            with self._changed:
                self._window.passed(found[-1].index + 1 if found else before)
                self._reading = False
                self._changed.notify_all()
        return found

    def take_notices(self) -> list[tuple[int, Notice]]:
        """Notices that Kafka does not have yet, with their ids, oldest first."""
        if self._notice_cursor >= self._writer.newest_notice:
            return []
        found = self._file.read_notices(self._notice_cursor)
        self._notice_cursor = found[-1][0] if found else self._writer.newest_notice
        return found

    def acknowledge(self, acknowledged: Acknowledgement) -> None:
        """Forget what Kafka has."""
        with self._changed:
            self._notice_acknowledged = max(self._notice_acknowledged, acknowledged.notice)
            if acknowledged.index is not None:
                self._change(acknowledged=max(acknowledged.index, self._ledger.acknowledged))
            if acknowledged.offset is not None:
                self._change(offset=acknowledged.offset)
            self._dirty = True
            self._wake_writer()

    def claimed(self, *, base: int, acknowledged: int, epoch: int, topic: str, partition: int, offset: int) -> None:
        """Note a new claim on the camera: where numbers go on, and what Kafka turned out to have already."""
        with self._changed:
            self._change(base=base, epoch=epoch, topic=topic, partition=partition, offset=offset)
            self._change(acknowledged=max(acknowledged, self._ledger.acknowledged))

    def rewind(self) -> None:
        """Give everything that is not acknowledged out again, from the lowest index on."""
        with self._changed:
            self._window.rewind(self._ledger.acknowledged + 1)
            self._notice_cursor = self._notice_acknowledged
            self._changed.notify_all()

    def hashes(self, before: int) -> list[tuple[int, str]]:
        """Index and sha256 of every frame on disk that is not acknowledged and below index `before`."""
        return self._file.read_hashes(self.state().ledger.acknowledged + 1, before)

    # Both.

    def state(self) -> SpoolState:
        """How it stands at this moment."""
        with self._changed:
            return SpoolState(
                ledger=self._ledger,
                frames=self._writer.frames + len(self._frames),
                used_bytes=self._writer.used_bytes,
                captured=self._captured,
                dropped=self._dropped,
                disk_full=self._writer.disk_full,
            )

    def is_drained(self) -> bool:
        """Whether everything captured so far, frames and notices, is acknowledged, and the disk knows."""
        with self._changed:
            told = self._notice_acknowledged >= self._writer.newest_notice
            return told and not self._pending and self._is_empty()

    def close(self) -> None:
        """Write what is captured, then let go of the folder. Raises SpoolError when the disk would not take it."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            self._wake_writer()
        self._thread.join()
        self._file.close()
        self._lock.release()
        if self._failure is not None:
            raise SpoolError(f"the spool {self._folder} failed: {self._failure}") from self._failure

    @property
    def _ended(self) -> bool:
        return self._closing or self._interrupted or self._failure is not None

    @property
    def _pending(self) -> bool:
        return bool(self._frames or self._notices or self._dirty or self._writing)

    def _check(self) -> None:
        if self._failure is not None:
            raise SpoolError(f"the spool {self._folder} can't be written: {self._failure}") from self._failure
        if self._closing or self._interrupted:
            raise SpoolClosedError(f"the spool {self._folder} takes no more frames: the gateway is ending")

    def _change(self, **values: object) -> None:
        self._ledger = msgspec.structs.replace(self._ledger, **values)
        self._dirty = True
        self._wake_writer()

    def _wake_writer(self) -> None:
        if not self._lingering or self._is_urgent():
            self._to_write.notify()

    # The writing thread.

    def _run(self) -> None:
        try:
            while (batch := self._next_batch()) is not None:
                self._settle(batch, self._writer.write(batch))
        except BaseException as error:  # noqa: BLE001 - whatever it is, capture and drain must hear of it
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _next_batch(self) -> Batch | None:
        with self._changed:
            if self._writer.disk_full:
                if self._last_try:
                    return None
                self._to_write.wait_for(lambda: self._closing, _FULL_RETRY_S)
                self._last_try = self._closing
            self._writing = False
            self._changed.notify_all()
            self._to_write.wait_for(lambda: self._pending or self._closing)
            if not self._pending:
                return None
            # A live frame is safe only on disk, so it goes at once; others can wait for company.
            self._lingering = True
            self._to_write.wait_for(self._is_urgent, _LINGER_S)
            self._lingering = False
            self._dirty, self._writing = False, True
            frames = self._writer.cut(self._frames)
            left = len(frames) < len(self._frames)
            next_index = self._frames[len(frames)].index if left else self._ledger.next_index
            ledger = msgspec.structs.replace(self._ledger, next_index=next_index)
            return Batch(ledger, frames, list(self._notices), self._notice_acknowledged)

    def _is_urgent(self) -> bool:
        live = bool(self._frames) and self._frames[-1].droppable
        hurried = self._ended or self._sealed or self._flushing > 0
        return live or hurried or self._frame_bytes >= _PENDING_BYTES // 4

    def _settle(self, batch: Batch, written: Written) -> None:
        with self._changed:
            for _ in range(written.frames):
                self._settle_frame(self._frames.popleft(), written.dropped)
            for _ in range(written.notices):
                self._notices.popleft()
            self._dropped += written.dropped_count
            if written.dropped_count:
                self._on_drop(written.dropped_count)
            self._dirty = self._dirty or not written.saved
            if written.dropped_count or written.alarm != self._ledger.alarm:
                dropped = self._ledger.dropped + written.dropped_count
                self._change(dropped=dropped, alarm=written.alarm)
            self._changed.notify_all()

    def _settle_frame(self, incoming: Incoming, dropped: frozenset[int]) -> None:
        frame = incoming.frame
        self._frame_bytes -= len(frame.image)
        if incoming.index in dropped:
            self._window.skip(incoming.index)
            return
        spooled = Spooled(
            incoming.index, frame.sha256, len(frame.image), frame.facts, frame.path, frame.image, fresh=True
        )
        self._window.add(spooled)

    def _evict(self) -> int | None:
        """Choose the oldest frame on disk that the drain has not taken, and keep the drain from taking it."""
        with self._changed:
            self._changed.wait_for(lambda: not self._reading)
            index = self._file.oldest_stored(self._window.cursor)
            if index is not None:
                self._window.remove(index)
            return index
