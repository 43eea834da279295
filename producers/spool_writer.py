"""What the spool's writing thread does: batches to disk, and what happens when there is no room."""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import Final, Literal, NamedTuple

import msgspec

from producers.captured import Captured, Ledger, Notice
from producers.spool_file import SpoolFile, is_full

_log = logging.getLogger(__name__)

DropPolicy = Literal["oldest", "newest"]
WINDOW_BYTES: Final = 64 * 2**20  # captured frames kept in memory, beside the spool
_LOG_BYTES: Final = 4 * 2**20  # of SQLite's write-ahead log between two checkpoints
_BATCH_BYTES: Final = 4 * 2**20  # of one commit
_CLEARED_BELOW: Final = 0.8  # share of the room under which the alarm ends: at the brim it would come and go
_GIVE_BACK_BYTES: Final = 64 * 2**20  # free pages worth shrinking the file for, once it is empty


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolLimits:
    """How much a spool may take, and what goes when that is reached."""

    cap_bytes: int  # disk, for everything
    drop: DropPolicy = "newest"
    window_bytes: int = WINDOW_BYTES  # memory for captured frames
    max_pages: int | None = None  # of the file: a disk of that size

    @property
    def log_bytes(self) -> int:
        """What the write-ahead log may take between two checkpoints."""
        return min(_LOG_BYTES, self.cap_bytes // 16)

    @property
    def batch_bytes(self) -> int:
        """What one commit may bring."""
        return min(_BATCH_BYTES, self.cap_bytes // 16)

    @property
    def reserve_bytes(self) -> int:
        """What is kept occupied so that a full disk leaves room to forget what was delivered: a whole log's worth."""
        return self.log_bytes + self.batch_bytes

    @property
    def file_bytes(self) -> int:
        """What the file may take: the log grows by a batch before each checkpoint, and its index takes some too."""
        return self.cap_bytes - 2 * self.log_bytes - self.batch_bytes - self.reserve_bytes


class Incoming(msgspec.Struct, frozen=True, gc=False):
    """A captured frame on its way to disk."""

    index: int  # its place in order of capture
    frame: Captured
    cost: int  # disk it will take, bytes
    droppable: bool  # whether it may be dropped when there is no room; else it waits


class Batch(NamedTuple):
    """What one commit shall bring."""

    ledger: Ledger
    frames: Sequence[Incoming]
    notices: Sequence[tuple[Notice, tuple[str, str] | None]]
    notice_acknowledged: int  # notices up to this id can go


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a commit brought."""

    saved: bool  # the ledger is on disk
    frames: int = 0  # frames of the batch that are settled: on disk or dropped
    notices: int = 0  # notices of the batch that are on disk
    dropped: frozenset[int] = frozenset()  # indexes of the batch's frames that were dropped
    dropped_count: int = 0  # of the batch and, by policy `oldest`, of what lay on disk
    alarm: str | None = None  # id of the alarm that is raised now


class SpoolWriter:
    """Writes batches, drops by policy, raises and clears the alarm. For one thread."""

    def __init__(
        self,
        file: SpoolFile,
        limits: SpoolLimits,
        *,
        camera_id: str,
        unix_us: Callable[[], int],
        evict: Callable[[], int | None],
    ) -> None:
        """`evict` names the oldest frame on disk that can go, None when there is none."""
        self._file, self._limits, self._camera_id, self._unix_us = file, limits, camera_id, unix_us
        self._evict = evict
        self.frames = file.read_count()  # on disk
        self.used_bytes = file.used_bytes()
        self.newest_notice = file.read_newest_notice()
        self.disk_full = not file.hold_reserve(limits.reserve_bytes)
        self._unreported = 0  # frames dropped while not even that could be written down

    def fits(self, cost: int) -> bool:
        """Whether so many more bytes keep within the cap, as far as the disk goes along."""
        return not self.disk_full and self.used_bytes + cost <= self._limits.file_bytes

    def cut(self, frames: Sequence[Incoming]) -> list[Incoming]:
        """The first frames of one batch: at least one."""
        sizes = accumulate(incoming.cost for incoming in frames)
        count = sum(1 for _ in takewhile(lambda size: size <= self._limits.batch_bytes, sizes))
        return [frames[place] for place in range(min(max(count, 1), len(frames)))]

    def write(self, batch: Batch) -> Written:
        """Bring a batch to disk. A full disk is no error: `Written` says how far it went.

        Raises sqlite3.Error when the file is damaged or the disk fails.
        """
        if self.disk_full and not self._file.hold_reserve(self._limits.reserve_bytes):
            return self._write_without_room(batch)
        try:
            written = self._write(batch, batch.frames, self._limits.file_bytes)
        except sqlite3.OperationalError as error:
            if not is_full(error):
                raise
            if not self.disk_full:
                _log.error("no room on disk for the spool %s (%s): free some space", self._file.path, error)
            self.disk_full = True
            self._file.spend_reserve()
            return self._write_without_room(batch)
        if self.disk_full:
            _log.info("the spool %s has room again", self._file.path)
        self.disk_full = False
        return written

    def _write_without_room(self, batch: Batch) -> Written:
        """The disk is full before the cap is met: the policy applies now; what can wait for room does."""
        droppable = list(takewhile(lambda incoming: incoming.droppable, batch.frames))
        try:
            return self._write(batch, droppable, self.used_bytes)
        except sqlite3.OperationalError as again:
            if not is_full(again):
                raise
        # Not even the ledger could be written. It will be, with the count, as soon as a byte is free.
        self._unreported += len(droppable)
        dropped = frozenset(incoming.index for incoming in droppable)
        return Written(
            saved=False, frames=len(droppable), dropped=dropped, dropped_count=len(dropped), alarm=batch.ledger.alarm
        )

    def _write(self, batch: Batch, frames: Sequence[Incoming], limit: int) -> Written:
        """One transaction: acknowledged frames out, these in, notices and the ledger."""
        with self._file.transaction():
            deleted = self._file.delete_frames(batch.ledger.acknowledged)
            self._file.delete_notices(batch.notice_acknowledged)
            kept, dropped, evicted = self._choose(frames, limit)
            self._file.add_frames([(incoming.index, incoming.frame) for incoming in kept])
            for notice, taken in batch.notices:
                self._file.add_notice(notice)
                if taken is not None:
                    self._file.add_taken(*taken)
            ledger = self._balanced(batch, frames, len(dropped) + evicted)
            self._file.save(ledger)
        self._unreported = 0
        self.frames += len(kept) - deleted - evicted
        self._after_commit()
        return Written(
            saved=len(frames) == len(batch.frames),
            frames=len(frames),
            notices=len(batch.notices),
            dropped=frozenset(dropped),
            dropped_count=len(dropped) + evicted,
            alarm=ledger.alarm,
        )

    def _choose(self, frames: Sequence[Incoming], limit: int) -> tuple[list[Incoming], list[int], int]:
        """Which frames go to disk, the indexes of those dropped, and how many were evicted to make room."""
        kept, dropped, evicted = [], [], 0
        room = limit - self._file.used_bytes()
        for incoming in frames:
            while incoming.droppable and incoming.cost > room and (freed := self._make_room()):
                evicted += 1
                room += freed
            if incoming.droppable and incoming.cost > room:
                dropped.append(incoming.index)
            else:
                kept.append(incoming)
                room -= incoming.cost
        return kept, dropped, evicted

    def _make_room(self) -> int:
        """Drop the oldest frame when that is the policy; returns the bytes freed, 0 when there is none to drop."""
        if self._limits.drop != "oldest":
            return 0
        index = self._evict()
        if index is None:
            return 0
        before = self._file.used_bytes()
        self._file.delete_frame(index)
        return max(before - self._file.used_bytes(), 1)

    def _balanced(self, batch: Batch, frames: Sequence[Incoming], dropped: int) -> Ledger:
        """The ledger to save with these frames; raises or clears the alarm."""
        left = batch.frames[len(frames) :]
        next_index = left[0].index if left else batch.ledger.next_index
        ledger = msgspec.structs.replace(batch.ledger, next_index=next_index, dropped=batch.ledger.dropped + dropped)
        if (dropped or self._unreported) and ledger.alarm is None:
            alarm = f"{self._camera_id}/spool_full/{next_index}"
            self._file.add_notice(self._alarm(alarm, ledger, raised=True))
            return msgspec.structs.replace(ledger, alarm=alarm)
        if ledger.alarm is not None and not dropped and self._is_roomy():
            self._file.add_notice(self._alarm(ledger.alarm, ledger, raised=False))
            return msgspec.structs.replace(ledger, alarm=None)
        return ledger

    def _is_roomy(self) -> bool:
        return not self.disk_full and self._file.used_bytes() <= _CLEARED_BELOW * self._limits.file_bytes

    def _alarm(self, alarm_id: str, ledger: Ledger, *, raised: bool) -> Notice:
        held = f"{self.frames} frames wait for Kafka"
        what = (
            f"the spool of camera {self._camera_id} is full ({held}): the {self._limits.drop} frames are dropped; "
            "bring Kafka back, or raise spool_cap_bytes"
            if raised
            else f"the spool of camera {self._camera_id} has room again; {ledger.dropped} frames were dropped so far"
        )
        _log.warning(what)
        return Notice(
            at_us=self._unix_us(),
            kind="spool_full",
            message=what,
            alarm_id=alarm_id,
            raised=raised,
            value=float(ledger.dropped),
            bound=float(self._limits.cap_bytes),
        )

    def _after_commit(self) -> None:
        if not self.frames and (self.disk_full or self._file.free_bytes() > _GIVE_BACK_BYTES):
            self._file.give_back_space()
        self.used_bytes = self._file.used_bytes()
        self.newest_notice = self._file.read_newest_notice()
