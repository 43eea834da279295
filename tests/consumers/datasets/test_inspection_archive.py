"""The archive as analysts and our own readers see it."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from hypothesis import given
from obstore.fsspec import FsspecStore

from consumers.archive.parts import part_name, write_parts
from consumers.datasets.inspection_archive import (
    SCHEMA,
    ArchiveUnreadableError,
    InspectionArchive,
    day_of,
    folder_of,
    to_batch,
    to_inspections,
)
from infra.blobs import BlobError, BlobStore
from infra.settings import load_settings
from schemas.records import Inspection
from tests.consumers.archive.made import DAY_US, START_US, bare, inspection
from tests.peers.moto import s3_server
from tests.schemas.strategies import records

LAST_US = 4_000_000_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    """Two edges, three days, a few files each."""
    store = BlobStore(str(tmp_path / "blobs"))
    for number in range(6):
        at = START_US + (number % 3) * DAY_US
        passed = {"verdict": "pass", "defect_class": None, "score": 0.1}
        rows = [
            inspection(number, captured_at_us=at),
            inspection(number, edge_id="e2", camera_id="c2", captured_at_us=at, **passed),
        ]
        write_parts(store, part_name(0, number, "run"), rows)
    return store


@given(records(Inspection))
def test_every_inspection_comes_back_as_it_was(one: Inspection) -> None:
    (back,) = to_inspections(to_batch([one]))
    assert back == one


def test_what_is_left_out_comes_back_left_out() -> None:
    rows = [bare(1), inspection(2)]
    batch = to_batch(rows)
    assert batch.schema == SCHEMA
    assert to_inspections(batch) == rows


def test_reading_by_time_and_verdict(store: BlobStore) -> None:
    archive = InspectionArchive(store)
    assert archive.edges() == ["e1", "e2"]
    assert archive.days("e1") == ["2025-11-24", "2025-11-25", "2025-11-26"]
    assert [one.sequence for one in archive.inspections("e1", 0, LAST_US)] == [0, 3, 1, 4, 2, 5]
    one_day = archive.inspections("e1", START_US + DAY_US, START_US + 2 * DAY_US)
    assert [one.sequence for one in one_day] == [1, 4]
    assert list(archive.inspections("e1", START_US + 1, START_US + DAY_US)) == []
    assert list(archive.read("e1", 0, LAST_US, verdicts=["pass"])) == []
    batches = list(archive.read("e2", 0, LAST_US, verdicts=["pass"], columns=["score", "model"]))
    assert pa.Table.from_batches(batches).column_names == ["score", "model"]
    assert sum(batch.num_rows for batch in batches) == 6
    assert list(archive.read("e9", 0, LAST_US)) == []


def test_duckdb_reads_the_folder(store: BlobStore) -> None:
    files = f"{store.url}/archive/inspections/**/*.parquet"
    query = f"""
        SELECT edge, day, count(*), avg(score), max(scores['scratch']), max(boxes[1].w), max(latency.total_us),
               any_value(model.digest), min(captured_at)
        FROM read_parquet('{files}', hive_partitioning = true)
        WHERE edge = 'e1' AND verdict = 'fail' GROUP BY edge, day ORDER BY day
    """  # noqa: S608 - a path of the test's own
    rows = duckdb.execute(query).fetchall()
    assert [(row[0], str(row[1]), row[2]) for row in rows] == [
        ("e1", "2025-11-24", 2),
        ("e1", "2025-11-25", 2),
        ("e1", "2025-11-26", 2),
    ]
    assert rows[0][3:8] == (0.1 + 0.2, 0.30000000000000004, 3, 21, "sha256:" + "a" * 64)
    assert rows[0][8].timestamp() * 1e6 == START_US


def test_pyarrow_reads_the_folder(store: BlobStore) -> None:
    folder = ds.dataset(f"{store.url}/archive/inspections", format="parquet", partitioning="hive")
    table = folder.to_table(filter=ds.field("day") == "2025-11-25", columns=["edge", "camera_id", "sequence", "scores"])
    assert table.num_rows == 4
    assert set(table["edge"].to_pylist()) == {"e1", "e2"}


def test_a_damaged_file_is_named(store: BlobStore) -> None:
    path = InspectionArchive(store).files("e1", "2025-11-24")[0]
    (Path(store.url) / path).write_bytes(b"PAR1 and no more")
    with pytest.raises(ArchiveUnreadableError, match="part-00"):
        list(InspectionArchive(store).read("e1", 0, LAST_US))


def test_other_stores_are_read_alike(store: BlobStore, unique: str) -> None:
    other = BlobStore(f"memory://{unique}")
    for stat in store.files.list():
        other.write_file(stat.path, b"".join(store.files.read(stat.path)))
    assert list(InspectionArchive(other).inspections("e1", 0, LAST_US)) == list(
        InspectionArchive(store).inspections("e1", 0, LAST_US)
    )


@pytest.mark.integration
def test_the_archive_on_s3_is_read_by_us_and_by_pyarrow(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_server(load_settings().cache_dir, tmp_path / "moto.log") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        bucket = server.new_bucket()
        there = BlobStore(f"{bucket}/plant")
        for stat in store.list_files(""):
            there.write_file(stat.path, b"".join(store.read_file(stat.path)))
        assert list(InspectionArchive(there).inspections("e1", 0, LAST_US)) == list(
            InspectionArchive(store).inspections("e1", 0, LAST_US)
        )
        files = FsspecStore("s3", client_options={"allow_http": True})
        folder = ds.dataset(
            f"{bucket.removeprefix('s3://')}/plant/archive/inspections",
            filesystem=files,
            format="parquet",
            partitioning="hive",
        )
        assert folder.to_table(filter=ds.field("edge") == "e2").num_rows == 6
        there.delete_file(InspectionArchive(there).files("e1", "2025-11-24")[0])
        assert len(list(InspectionArchive(there).inspections("e1", 0, LAST_US))) == 5


def test_a_blob_server_holds_no_archive() -> None:
    with pytest.raises(BlobError, match="set blob_url to the store itself"):
        InspectionArchive(BlobStore("http://127.0.0.1:1")).edges()


def test_days_are_in_utc() -> None:
    assert day_of(START_US - 16 * 3_600_000_000) == "2025-11-24"
    assert day_of(START_US - 16 * 3_600_000_000 - 1) == "2025-11-23"
    assert folder_of("e1", day_of(0)) == "archive/inspections/edge=e1/day=1970-01-01"
