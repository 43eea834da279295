"""Inspections of the past as Parquet by edge and day: the layout, the columns, and the exact way to read them.

`<blob_url>/archive/inspections/edge=<edge>/day=<YYYY-MM-DD>/*.parquet`; the day is that of the capture, in UTC. Each
inspection is in one row of one file, save for the moment in which small files of a finished day are being merged:
a merged file names in its footer those it replaces, and this reader leaves them out.
"""

import io
import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from consumers.datasets.errors import DatasetsError
from infra.blobs import BlobStore
from infra.blobs.folder import FolderFiles
from schemas.identifiers import checked_identifier
from schemas.records import Inspection

ROOT: Final = "archive/inspections"
MERGED: Final = "merged-"
"""How names of merged files begin."""
REPLACES: Final = b"linewatch.replaces"
"""Footer key: JSON list of the names of the files that a merged file stands for."""
_MODEL: Final = [("name", pa.string()), ("version", pa.string()), ("digest", pa.string()), ("kind", pa.string())]
_BOX: Final = pa.struct(
    [("label", pa.string())] + [(side, pa.int64()) for side in ("x", "y", "w", "h")] + [("score", pa.float64())]
)
_SCORES: Final = pa.map_(pa.string(), pa.float64())
_TIME: Final = pa.timestamp("us", tz="UTC")
_STAGES: Final = ("transport", "queue", "fetch", "decode", "preprocess", "infer", "judge", "total")
SCHEMA: Final = pa.schema(
    [
        pa.field("edge_id", pa.string(), nullable=False),
        pa.field("instance", pa.string(), nullable=False),
        pa.field("camera_id", pa.string(), nullable=False),
        pa.field("sequence", pa.int64(), nullable=False),
        pa.field("epoch", pa.int64(), nullable=False),
        pa.field("captured_at", _TIME, nullable=False),
        pa.field("inspected_at", _TIME, nullable=False),
        pa.field(
            "frame",
            pa.struct(
                [("topic", pa.string()), ("partition", pa.int64()), ("offset", pa.int64()), ("sha256", pa.string())]
            ),
            nullable=False,
        ),
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("defect_class", pa.string()),
        pa.field("score", pa.float64(), nullable=False),
        pa.field("scores", _SCORES, nullable=False),
        pa.field("margin", pa.float64()),
        pa.field("boxes", pa.list_(_BOX), nullable=False),
        pa.field("image_width", pa.int64(), nullable=False),
        pa.field("image_height", pa.int64(), nullable=False),
        pa.field("model", pa.struct(_MODEL)),
        pa.field("config_revision", pa.int64(), nullable=False),
        pa.field("rollout_id", pa.string()),
        pa.field("part_id", pa.string()),
        pa.field("product", pa.string()),
        pa.field("brightness", pa.float64(), nullable=False),
        pa.field("blur", pa.float64(), nullable=False),
        pa.field("embedding", pa.list_(pa.float64()), nullable=False),
        pa.field(
            "shadow",
            pa.struct(
                [
                    ("model", pa.struct(_MODEL)),
                    ("verdict", pa.string()),
                    ("defect_class", pa.string()),
                    ("score", pa.float64()),
                    ("scores", _SCORES),
                    ("boxes", pa.list_(_BOX)),
                    ("infer_us", pa.int64()),
                ]
            ),
        ),
        pa.field("latency", pa.struct([(f"{stage}_us", pa.int64()) for stage in _STAGES]), nullable=False),
        pa.field("deadline_missed", pa.bool_(), nullable=False),
    ]
)
"""The columns: those of schemas/records/inspection.py by the same names, times as timestamps instead of `*_us`."""

_TIMES: Final = (("captured_at", "captured_at_us"), ("inspected_at", "inspected_at_us"))
_TRIES: Final = 5  # a merge that goes on meanwhile takes files away; each merge does so once


class ArchiveUnreadableError(DatasetsError):
    """A file of the archive is damaged or changes without end; the message names it: restore it from a copy."""


def day_of(captured_at_us: int) -> str:
    """The day of a capture in UTC.

    >>> day_of(1_700_000_000_000_000)
    '2023-11-14'
    """
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=captured_at_us)).date().isoformat()


def folder_of(edge_id: str, day: str) -> str:
    """Where an edge's inspections of a day lie below the store's URL; InvalidIdentifierError for an unusable edge."""
    return f"{ROOT}/edge={checked_identifier(edge_id, 'edge')}/day={day}"


def to_batch(inspections: Sequence[Inspection]) -> pa.RecordBatch:
    """Inspections as rows of SCHEMA."""
    rows = [msgspec.to_builtins(one) for one in inspections]
    for row in rows:
        for column, field in _TIMES:
            row[column] = row.pop(field)
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def to_inspections(batch: pa.RecordBatch) -> list[Inspection]:
    """Rows of SCHEMA, all columns, as inspections."""
    # As integers: Python's own times would take microseconds through floats and time zones.
    for column, _ in _TIMES:
        index = batch.schema.get_field_index(column)
        batch = batch.set_column(index, column, batch.column(index).cast(pa.int64()))
    return [msgspec.convert(_record(row), Inspection) for row in batch.to_pylist(maps_as_pydicts="strict")]


def _record(row: dict[str, Any]) -> dict[str, Any]:
    for column, field in _TIMES:
        row[field] = row.pop(column)
    return row


class InspectionArchive:
    """Reads the archive below a blob store's URL: a folder or S3, not a blob server. For one thread."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def edges(self) -> list[str]:
        """The edges that have something archived, sorted."""
        return sorted({path.split("/")[2].removeprefix("edge=") for path in self._paths(ROOT)})

    def days(self, edge_id: str) -> list[str]:
        """The days of an edge that have something archived, sorted."""
        folder = f"{ROOT}/edge={checked_identifier(edge_id, 'edge')}"
        return sorted({path.split("/")[3].removeprefix("day=") for path in self._paths(folder)})

    def files(self, edge_id: str, day: str) -> list[str]:
        """The files that together hold each inspection of that edge and day once: paths below the store's URL."""
        paths = self._paths(folder_of(edge_id, day))
        replaced: set[str] = set()
        for path in paths:
            if path.rpartition("/")[2].startswith(MERGED):
                replaced |= replaced_by(self.open(path))
        return [path for path in paths if path.rpartition("/")[2] not in replaced]

    def read(
        self,
        edge_id: str,
        from_us: int,
        to_us: int,
        *,
        columns: Sequence[str] | None = None,
        verdicts: Collection[str] = (),
    ) -> Iterator[pa.RecordBatch]:
        """Rows of an edge captured from `from_us` up to, not including, `to_us` (Unix microseconds), day by day.

        `columns`: those named, default all. `verdicts`: only these, default all. Memory holds one batch at a time.

        Raises:
            ArchiveUnreadableError: a file is damaged.
            BlobError: the store does not answer, or is a blob server.
        """
        for day in self.days(edge_id):
            if day_of(from_us) <= day <= day_of(to_us - 1):
                yield from self._read_day(edge_id, day, from_us, to_us, columns, verdicts)

    def inspections(self, edge_id: str, from_us: int, to_us: int) -> Iterator[Inspection]:
        """The same as records."""
        for batch in self.read(edge_id, from_us, to_us):
            yield from to_inspections(batch)

    def open(self, path: str, copies: Path | None = None) -> pq.ParquetFile:
        """A file of the archive; one on S3 is copied into `copies` first, or into memory when none is given.

        FileNotFoundError when a merge took it away, ArchiveUnreadableError when it is damaged, BlobError.
        """
        try:
            return pq.ParquetFile(self._source(path, copies))
        except pa.ArrowInvalid as error:
            raise ArchiveUnreadableError(f"{self._blobs.url}/{path} is no whole Parquet file: {error}") from error

    def _source(self, path: str, copies: Path | None) -> Path | io.BytesIO:
        files = self._blobs.files
        if isinstance(files, FolderFiles):
            return files.root / path
        if copies is None:
            return io.BytesIO(b"".join(self._blobs.read_file(path)))
        copy = copies / path.rpartition("/")[2]
        with copy.open("wb") as file:
            file.writelines(self._blobs.read_file(path))
        return copy

    def _paths(self, folder: str) -> list[str]:
        return sorted(stat.path for stat in self._blobs.list_files(folder) if stat.path.endswith(".parquet"))

    def _read_day(
        self,
        edge_id: str,
        day: str,
        from_us: int,
        to_us: int,
        columns: Sequence[str] | None,
        verdicts: Collection[str],
    ) -> Iterator[pa.RecordBatch]:
        wanted = None if columns is None else list(dict.fromkeys([*columns, "captured_at", "verdict"]))
        with TemporaryDirectory(prefix="linewatch-archive-") as copies, ExitStack() as opened:
            for file in self._opened(edge_id, day, Path(copies), opened):
                for batch in file.iter_batches(columns=wanted):
                    kept = batch.filter(_chosen(batch, from_us, to_us, verdicts))
                    if kept.num_rows:
                        yield kept if columns is None else kept.select(list(columns))

    def _opened(self, edge_id: str, day: str, copies: Path, opened: ExitStack) -> list[pq.ParquetFile]:
        """Every file of the day open at once, so that no merge can take one away between two of them."""
        for _ in range(_TRIES):
            with suppress(FileNotFoundError):
                return [opened.enter_context(self.open(path, copies)) for path in self.files(edge_id, day)]
        raise ArchiveUnreadableError(f"{folder_of(edge_id, day)} in {self._blobs.url} changes faster than it is read")


def replaced_by(file: pq.ParquetFile) -> set[str]:
    """Names of the files that a merged file stands for; none for another one."""
    return set(json.loads((file.schema_arrow.metadata or {}).get(REPLACES, b"[]")))


def _chosen(batch: pa.RecordBatch, from_us: int, to_us: int, verdicts: Collection[str]) -> pa.Array:
    captured = batch.column("captured_at").cast(pa.int64())
    chosen = pc.and_(pc.greater_equal(captured, from_us), pc.less(captured, to_us))
    if verdicts:
        chosen = pc.and_(chosen, pc.is_in(batch.column("verdict"), pa.array(sorted(verdicts))))
    return chosen
