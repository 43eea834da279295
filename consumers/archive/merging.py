"""Merges the small files of finished days, without a reader ever counting a row twice or missing one."""

import logging
from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from consumers.archive.errors import ArchiveError
from consumers.archive.metrics import ArchiveMetrics
from consumers.archive.parts import parquet_writer
from consumers.datasets.inspection_archive import (
    MERGED,
    REPLACES,
    ROOT,
    SCHEMA,
    ArchiveUnreadableError,
    InspectionArchive,
    folder_of,
    replaced_by,
)
from infra.blobs import BlobStore, Stat
from infra.kafka import key_partition
from schemas.topics import INSPECTIONS

logger = logging.getLogger(__name__)

LARGE: Final = 128 * 2**20
"""Bytes from which a file stays as it is, and beyond which a merged one does not grow by much."""
MANY: Final = 64
"""So many files of a day are merged even before it is finished, so that reading it opens no more."""
_LOOK_EVERY: Final = 900.0  # seconds between two looks at the same folders


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did: files that went, and the one that came."""

    replaced: int
    rows: int


class Merger:
    """Merges one folder at a time, those of the edges whose partitions this process holds. For one thread."""

    def __init__(self, blobs: BlobStore, metrics: ArchiveMetrics, settle: timedelta) -> None:
        self._blobs, self._metrics, self._settle = blobs, metrics, settle
        self._waiting: list[tuple[str, str]] = []
        self._scan = True
        self._next_look = 0.0

    def look_again(self) -> None:
        """Look through the whole archive once: others may have left small files behind."""
        self._scan = True

    def step(self, touched: set[tuple[str, str]], partitions: Set[int], now: float) -> None:
        """Merge one folder (edge, day) if one needs it; `touched` loses those that are done. Raises BlobError."""
        if not self._waiting:
            if now < self._next_look and not self._scan:
                return
            self._next_look = now + _LOOK_EVERY
            touched |= self._all() if self._scan else set()
            self._scan = False
            self._waiting = sorted(
                one for one in touched if key_partition(one[0], INSPECTIONS.partitions) in partitions
            )
        if self._waiting:
            edge, day = self._waiting.pop()
            finished = is_finished(day, self._settle, now)
            try:
                merged = merge_day(self._blobs, edge, day, finished=finished)
            except (ArchiveError, ArchiveUnreadableError, OSError, pa.ArrowException):
                # A damaged file must not hold up what comes in: its folder stays as it is until a restart.
                logger.exception("%s on %s can't be merged", edge, day)
                merged, finished = None, True
            if merged is not None:
                self._metrics.merged_files.inc(merged.replaced)
                logger.info("merged %d files of %s on %s: %d rows", merged.replaced, edge, day, merged.rows)
            if finished:
                touched.discard((edge, day))

    def _all(self) -> set[tuple[str, str]]:
        paths = [stat.path.split("/") for stat in self._blobs.list_files(ROOT)]
        return {(p[2].removeprefix("edge="), p[3].removeprefix("day=")) for p in paths if len(p) == 5}


def _partition(edge_id: str) -> int:
    return key_partition(edge_id, INSPECTIONS.partitions)


def is_finished(day: str, settle: timedelta, now: float) -> bool:
    """Whether a day ended so long ago (`settle`) that hardly anything of it still comes; `now` in Unix seconds."""
    end = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)
    return datetime.fromtimestamp(now, UTC) >= end + settle


def merge_day(blobs: BlobStore, edge_id: str, day: str, *, finished: bool) -> Merged | None:
    """Merge what is small of an edge's day; None when nothing was to do.

    First the merged file appears, naming those it replaces; then these go. Whoever reads by InspectionArchive counts
    each row once at every moment, and a merge that was killed in between is completed by the next one.
    """
    archive, folder = InspectionArchive(blobs), folder_of(edge_id, day)
    stats = {stat.path: stat for stat in blobs.list_files(folder) if stat.path.endswith(".parquet")}
    try:
        valid = set(archive.files(edge_id, day))
        _delete(blobs, stats.keys() - valid)  # left by a merge that was killed
        chosen = choose([stats[path] for path in sorted(valid & stats.keys())], finished=finished)
        return _merge(blobs, archive, folder, chosen) if chosen else None
    except FileNotFoundError as error:
        logger.info("%s was merged by another process meanwhile: %s", folder, error)
        return None


def choose(stats: Iterable[Stat], *, finished: bool) -> list[str]:
    """The files to merge: none unless the day is finished or they are many; large ones stay as they are."""
    chosen, size = [], 0
    for stat in sorted((one for one in stats if one.size < LARGE), key=lambda one: (one.size, one.path)):
        if size + stat.size <= 2 * LARGE:
            chosen.append(stat.path)
            size += stat.size
    return chosen if len(chosen) >= (2 if finished else MANY) else []


def _merge(blobs: BlobStore, archive: InspectionArchive, folder: str, paths: list[str]) -> Merged:
    names = [path.rpartition("/")[2] for path in paths]
    with TemporaryDirectory(prefix="linewatch-merge-") as scratch:
        local = Path(scratch) / "merged"
        rows = _write(archive, paths, names, local)
        name = f"{MERGED}{sha256(' '.join(sorted(names)).encode()).hexdigest()[:16]}.parquet"
        blobs.write_file(f"{folder}/{name}", local)
    _delete(blobs, paths)
    return Merged(len(paths), rows)


def _write(archive: InspectionArchive, paths: list[str], names: list[str], local: Path) -> int:
    """Copy the rows of all files into one; gives how many. All names they replaced themselves are named again."""
    replaces, expected = set(names), 0
    for path in paths:
        with archive.open(path) as file:
            replaces |= replaced_by(file)
            expected += file.metadata.num_rows
    schema = SCHEMA.with_metadata({REPLACES: msgspec.json.encode(sorted(replaces))})
    with parquet_writer(local, schema) as writer:
        for path in paths:
            with archive.open(path) as file:
                for batch in file.iter_batches():
                    writer.write_batch(batch.cast(SCHEMA).replace_schema_metadata(schema.metadata))
    written = int(pq.read_metadata(local).num_rows)
    if written != expected:
        raise ArchiveError(f"merging {len(paths)} files gave {written} rows instead of {expected}: nothing was changed")
    return written


def _delete(blobs: BlobStore, paths: Iterable[str]) -> None:
    for path in paths:
        blobs.delete_file(path)
