from pathlib import Path

import pyarrow.parquet as pq

from consumers.archive.parts import part_name, write_parts
from infra.blobs import BlobStore
from tests.consumers.archive.made import DAY_US, START_US, inspection


def test_rows_lie_by_edge_and_day_of_capture(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path))
    rows = [inspection(0), inspection(1, edge_id="e2"), inspection(2, captured_at_us=START_US + DAY_US)]
    paths = write_parts(store, part_name(4, 17, "ab"), rows)
    name = "part-04-00000000000000000017-ab.parquet"
    assert sorted(paths) == [
        f"archive/inspections/edge=e1/day=2025-11-24/{name}",
        f"archive/inspections/edge=e1/day=2025-11-25/{name}",
        f"archive/inspections/edge=e2/day=2025-11-24/{name}",
    ]
    metadata = pq.read_metadata(tmp_path / paths[0])
    assert metadata.row_group(0).column(0).compression == "ZSTD"


def test_writing_again_leaves_a_whole_file_as_it_is(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path))
    (path,) = write_parts(store, "part.parquet", [inspection(0), inspection(1)])
    assert write_parts(store, "part.parquet", [inspection(1)], again=True) == []
    assert pq.read_metadata(tmp_path / path).num_rows == 2
    write_parts(store, "part.parquet", [inspection(1)])
    assert pq.read_metadata(tmp_path / path).num_rows == 1


def test_many_rows_are_written_in_batches(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path))
    (path,) = write_parts(store, "part.parquet", [inspection(n) for n in range(4_100)])
    assert pq.read_metadata(tmp_path / path).num_rows == 4_100
