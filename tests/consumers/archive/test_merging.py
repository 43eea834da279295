from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from consumers.archive.merging import LARGE, MANY, Merger, choose, is_finished, merge_day
from consumers.archive.metrics import ArchiveMetrics
from consumers.archive.parts import part_name, write_parts
from consumers.datasets.inspection_archive import MERGED, InspectionArchive, folder_of
from infra.blobs import BlobStore, Stat
from infra.kafka import key_partition
from tests.consumers.archive.made import DAY_US, START_US, inspection

DAY = "2025-11-24"
LATER = datetime(2025, 12, 24, tzinfo=UTC).timestamp()


class CrashError(Exception):
    """The process is gone."""


def store_with(path: Path, files: int, first: int = 0) -> BlobStore:
    """A day of small files, two rows each."""
    store = BlobStore(str(path))
    for number in range(first, first + files):
        write_parts(store, part_name(3, number, "run"), [inspection(2 * number), inspection(2 * number + 1)])
    return store


def rows(store: BlobStore) -> list[int]:
    """What a reader sees."""
    found = InspectionArchive(store).inspections("e1", START_US - DAY_US, START_US + 2 * DAY_US)
    return sorted(one.sequence for one in found)


def names(store: BlobStore) -> list[str]:
    """The files that are really there."""
    return sorted(stat.path.rpartition("/")[2] for stat in store.files.list(folder_of("e1", DAY)))


def test_many_small_files_become_one_with_the_same_rows(tmp_path: Path) -> None:
    store = store_with(tmp_path, 7)
    before = list(InspectionArchive(store).inspections("e1", 0, START_US + DAY_US))
    merged = merge_day(store, "e1", DAY, finished=True)
    assert merged is not None
    assert (merged.replaced, merged.rows) == (7, 14)
    (name,) = names(store)
    assert name.startswith(MERGED)
    after = list(InspectionArchive(store).inspections("e1", 0, START_US + DAY_US))
    assert sorted(after, key=lambda one: one.sequence) == before
    assert merge_day(store, "e1", DAY, finished=True) is None


def test_late_rows_are_merged_too(tmp_path: Path) -> None:
    store = store_with(tmp_path, 3)
    merge_day(store, "e1", DAY, finished=True)
    store_with(tmp_path, 2, first=3)
    assert rows(store) == list(range(10))
    merge_day(store, "e1", DAY, finished=True)
    assert len(names(store)) == 1
    assert rows(store) == list(range(10))


@pytest.mark.parametrize("crash_at", range(5))
def test_a_reader_counts_each_row_once_at_every_moment_of_a_merge(
    crash_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the merged file's appearance and the end of the others, and after a kill there."""
    store = store_with(tmp_path, 5)
    delete, deleted = store.files.delete, [0]

    def dying(path: str) -> None:
        assert rows(store) == list(range(10))
        if deleted[0] == crash_at:
            raise CrashError
        deleted[0] += 1
        delete(path)

    monkeypatch.setattr(store.files, "delete", dying)
    with pytest.raises(CrashError):
        merge_day(store, "e1", DAY, finished=True)
    assert rows(store) == list(range(10))
    monkeypatch.setattr(store.files, "delete", delete)
    merge_day(store, "e1", DAY, finished=True)
    assert len(names(store)) == 1
    assert rows(store) == list(range(10))


def test_a_merge_by_another_process_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_with(tmp_path, 3)
    opened = InspectionArchive.open

    def gone(self: InspectionArchive, path: str, *more: Any) -> Any:
        if path.rpartition("/")[2] == part_name(3, 2, "run"):
            (tmp_path / path).unlink(missing_ok=True)
        return opened(self, path, *more)

    monkeypatch.setattr(InspectionArchive, "open", gone)
    assert merge_day(store, "e1", DAY, finished=True) is None


def test_only_finished_days_are_merged_unless_there_are_many_files() -> None:
    small = [Stat(f"f{number}", 1_000, 0.0) for number in range(MANY)]
    assert choose(small[:5], finished=False) == []
    assert len(choose(small, finished=False)) == MANY
    assert len(choose(small[:2], finished=True)) == 2
    assert choose([*small[:1], Stat("large", LARGE, 0.0)], finished=True) == []
    halves = [Stat(f"h{number}", LARGE - 1, 0.0) for number in range(5)]
    assert len(choose(halves, finished=True)) == 2


def test_when_a_day_is_finished() -> None:
    end = datetime(2025, 11, 25, tzinfo=UTC).timestamp()
    assert not is_finished(DAY, timedelta(hours=48), end + 47.9 * 3600)
    assert is_finished(DAY, timedelta(hours=48), end + 48 * 3600)


def test_a_process_merges_only_what_it_holds(tmp_path: Path) -> None:
    store = store_with(tmp_path, 3)
    merger = Merger(store, ArchiveMetrics.build(CollectorRegistry()), timedelta(hours=48))
    mine = key_partition("e1", 12)
    touched: set[tuple[str, str]] = set()
    merger.step(touched, {(mine + 1) % 12}, LATER)
    assert len(names(store)) == 3
    merger.look_again()
    merger.step(touched, {mine}, LATER)
    assert len(names(store)) == 1
    assert touched == set(), "it is done with that day"


def test_a_damaged_file_holds_nothing_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = store_with(tmp_path, 3)
    (tmp_path / folder_of("e1", DAY) / part_name(3, 1, "run")).write_bytes(b"PAR1 broken")
    merger = Merger(store, ArchiveMetrics.build(CollectorRegistry()), timedelta(hours=48))
    touched: set[tuple[str, str]] = set()
    merger.step(touched, set(range(12)), LATER)
    assert "can't be merged" in caplog.text
    assert touched == set()
    assert len(names(store)) == 3, "what can't be merged stays as it is"
