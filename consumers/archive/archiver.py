"""Decides what of the inspections is written when, so that each is archived once through any kill.

Knows no Kafka: whoever drives it says what is assigned and read, and keeps what it wants committed.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from consumers.archive.buffer import PartitionBuffer
from consumers.archive.marks_file import drop_marks, read_marks, write_marks
from consumers.archive.metrics import ArchiveMetrics
from consumers.archive.parts import part_name, write_parts
from consumers.archive.plan import Plan, decode_plan, encode_plan
from infra.blobs import BlobStore
from schemas.records import Inspection

logger = logging.getLogger(__name__)

_RUN_LENGTH: Final = 8


Commit = Callable[[int, int, str], None]
"""Keeps a partition's position and metadata (partition, offset, metadata), or raises: then it is no longer ours."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When buffered rows are written."""

    rows: int = 20_000  # over all partitions: about 60 MB
    seconds: float = 600.0  # since the first of them was read


class Archiver:
    """Buffers and writes the inspections of the partitions it is given. For one thread."""

    def __init__(
        self,
        blobs: BlobStore,
        commit: Commit,
        metrics: ArchiveMetrics,
        limits: Limits,
        *,
        now: Callable[[], float] = time.monotonic,
        new_run: Callable[[], str] = lambda: uuid.uuid4().hex[:_RUN_LENGTH],
    ) -> None:
        self._blobs, self._commit, self._metrics, self._limits = blobs, commit, metrics, limits
        self._now, self._new_run = now, new_run
        self._buffers: dict[int, PartitionBuffer] = {}
        self.touched: set[tuple[str, str]] = set()  # edge and day of files written: they may want merging later

    @property
    def partitions(self) -> set[int]:
        """What it holds."""
        return set(self._buffers)

    def assign(self, partition: int, committed: int | None, metadata: str | None, low: int, high: int) -> int:
        """Take a partition over; gives the offset to read from. Raises BlobError.

        `committed` is None when the group has no position; `low` and `high` are the offsets that exist.
        """
        plan = decode_plan(metadata)
        if committed is None or committed > high:
            if committed is not None:
                logger.error(
                    "inspections[%d] ends at %d, before the archive's position %d: the topic was made anew, and is "
                    "archived from its start",
                    *(partition, high, committed),
                )
            self._buffers[partition] = PartitionBuffer(first=low, marks={})
            return low
        marks = read_marks(self._blobs, partition, committed) if plan.marked else {}
        if low > committed:
            self._metrics.lost_records.inc(low - committed)
            logger.error(
                "inspections[%d]: retention took offsets %d to %d before they were archived", partition, committed, low
            )
        redo = None if plan.until is None else min(plan.until, high)
        self._buffers[partition] = PartitionBuffer(
            first=committed, marks=marks, redo=redo, run=plan.run, marked=plan.marked
        )
        return max(committed, low)

    def revoke(self, partitions: Iterable[int]) -> None:
        """Forget partitions and what was buffered of them: their next owner reads it again."""
        for partition in partitions:
            self._buffers.pop(partition, None)
        self._measure()

    def take(self, partition: int, offset: int, inspection: Inspection | None) -> None:
        """Take a record in, None for one that could not be read. Raises what `flush` raises."""
        if partition not in self._buffers:
            return
        self.reached(partition, offset)
        buffer = self._buffers[partition]
        if inspection is None:
            buffer.skip(offset, self._now())
        elif not buffer.add(offset, inspection, self._now()):
            self._metrics.duplicates.inc()

    def reached(self, partition: int, position: int) -> None:
        """Say that everything before `position` was read: a planned range is written once it is whole."""
        buffer = self._buffers.get(partition)
        if buffer is None:
            return
        if buffer.redo is not None and position >= buffer.redo:
            buffer.next = buffer.redo
            self.flush(partition)

    def due(self) -> int | None:
        """The partition to write now: the fullest when there are too many rows, else the oldest when it waited."""
        self._measure()
        waiting = {p: one for p, one in self._buffers.items() if one.pending and one.redo is None}
        if not waiting:
            return None
        if sum(len(one.rows) for one in waiting.values()) >= self._limits.rows:
            return max(waiting, key=lambda partition: len(waiting[partition].rows))
        oldest = min(waiting, key=lambda partition: waiting[partition].since or 0.0)
        age = self._now() - (waiting[oldest].since or 0.0)
        return oldest if age >= self._limits.seconds else None

    def flush(self, partition: int) -> None:
        """Write what a partition has buffered, and commit it.

        Raises BlobError and whatever `commit` raises: then the partition must be taken over anew.
        """
        buffer = self._buffers[partition]
        if not buffer.pending:
            return
        run = buffer.run
        if buffer.redo is None:
            run = self._new_run()
            plan = Plan(until=buffer.next, run=run, marked=buffer.marked)
            self._commit(partition, buffer.first, encode_plan(plan))
        paths = write_parts(
            self._blobs, part_name(partition, buffer.first, run), buffer.rows, again=buffer.redo is not None
        )
        write_marks(self._blobs, partition, buffer.next, buffer.marks)
        self._commit(partition, buffer.next, encode_plan(Plan(marked=True)))
        drop_marks(self._blobs, partition, buffer.first)
        self._wrote(buffer, paths)
        self._buffers[partition] = buffer.emptied()

    def flush_all(self) -> None:
        """Write everything that is not a range half read. Raises as `flush`."""
        for partition, buffer in list(self._buffers.items()):
            if buffer.redo is None:
                self.flush(partition)

    def _wrote(self, buffer: PartitionBuffer, paths: list[str]) -> None:
        self._metrics.rows.inc(len(buffer.rows))
        self._metrics.files.inc(len(paths))
        self._metrics.last_write.set(time.time())
        for path in paths:
            edge, day = path.split("/")[2:4]
            self.touched.add((edge.removeprefix("edge="), day.removeprefix("day=")))

    def _measure(self) -> None:
        self._metrics.buffered_rows.set(sum(len(one.rows) for one in self._buffers.values()))
