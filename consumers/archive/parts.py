"""Writes the rows of a range of offsets as Parquet, one file for each edge and day."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from consumers.datasets.inspection_archive import SCHEMA, day_of, folder_of, to_batch
from infra.blobs import BlobStore
from schemas.records import Inspection

_ROWS_A_BATCH: Final = 2_000
COMPRESSION: Final = "zstd"


def part_name(partition: int, first: int, run: str) -> str:
    """A file's name: `part-<partition>-<first offset>-<run>.parquet`; `run` tells topics that were made anew apart."""
    return f"part-{partition:02d}-{first:020d}-{run}.parquet"


def write_parts(blobs: BlobStore, name: str, rows: Iterable[Inspection], *, again: bool = False) -> list[str]:
    """Write rows below `archive/inspections`; gives the paths. Raises BlobError.

    `again`: the same range may have been written before. A file that is there is whole, and stays: what Kafka still
    holds of the range may be less by now.
    """
    by_folder: defaultdict[str, list[Inspection]] = defaultdict(list)
    for row in rows:
        by_folder[folder_of(row.edge_id, day_of(row.captured_at_us))].append(row)
    paths = {f"{folder}/{name}": several for folder, several in by_folder.items()}
    written = [path for path in paths if not (again and blobs.has_file(path))]
    for path in written:
        blobs.write_file(path, parquet_of(paths[path]))
    return written


def parquet_of(rows: Sequence[Inspection]) -> bytes:
    """Rows as one Parquet file."""
    sink = pa.BufferOutputStream()
    with parquet_writer(sink, SCHEMA) as writer:
        for start in range(0, len(rows), _ROWS_A_BATCH):
            writer.write_batch(to_batch(rows[start : start + _ROWS_A_BATCH]))
    return bytes(sink.getvalue())


def parquet_writer(sink: Any, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer with the archive's settings."""
    return pq.ParquetWriter(sink, schema, compression=COMPRESSION, write_statistics=True)
