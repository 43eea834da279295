"""The spool's file: what was committed is there again, a transaction is all or nothing, and one process has it."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.captured import Captured, Ledger, Notice
from producers.errors import SpoolError, SpoolLockedError
from producers.spool_file import PAGE_BYTES, SpoolFile, SpoolLock, disk_cost, gateway_name, is_full
from tests.producers.gateway_fakes import NOW_US, captured

LOG_BYTES = 2**20


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SpoolFile]:
    opened = SpoolFile(tmp_path, log_bytes=LOG_BYTES)
    yield opened
    opened.close()


def add(file: SpoolFile, *frames: Captured, first: int = 0) -> None:
    with file.transaction():
        file.add_frames(list(enumerate(frames, first)))


@contextmanager
def temporary() -> Iterator[SpoolFile]:
    """A file of its own, as a property's examples need it."""
    with TemporaryDirectory() as folder:
        file = SpoolFile(Path(folder), log_bytes=LOG_BYTES)
        try:
            yield file
        finally:
            file.close()


def images(file: SpoolFile) -> list[bytes | None]:
    return [frame.image for frame in file.read_frames(0, 1000, 10**9)]


def test_a_second_lock_is_refused_naming_who_has_the_first(tmp_path: Path) -> None:
    lock = SpoolLock(tmp_path)

    with pytest.raises(SpoolLockedError, match=f"in use by gateway {gateway_name()} since .*only one gateway"):
        SpoolLock(tmp_path)

    lock.release()
    SpoolLock(tmp_path).release()


@pytest.mark.parametrize("owner", ["", "{", "{}"])
def test_an_owner_that_can_t_be_read_is_another_gateway(tmp_path: Path, owner: str) -> None:
    lock = SpoolLock(tmp_path)
    (tmp_path / "owner.json").write_text(owner, encoding="utf-8")

    with pytest.raises(SpoolLockedError, match="in use by another gateway"):
        SpoolLock(tmp_path)

    lock.release()


def test_a_lock_left_by_a_dead_process_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "owner.json").write_text(json.dumps({"gateway": "old:1", "since": "then"}), encoding="utf-8")
    (tmp_path / "lock").write_bytes(b"")

    SpoolLock(tmp_path).release()

    assert json.loads((tmp_path / "owner.json").read_text(encoding="utf-8"))["gateway"] == gateway_name()


def test_everything_is_there_again_after_a_kill(file: SpoolFile, tmp_path: Path) -> None:
    notice = Notice(at_us=NOW_US, kind="BrokenImage", message="no image", origin="x.jpg", raw=b"?")
    ledger = Ledger(base=4, next_index=2, epoch=3, topic="t", partition=1, offset=9)
    frames = [captured(b"a", position=6), captured(b"b", path=tmp_path / "b.jpg")]
    with file.transaction():
        file.add_frames(list(enumerate(frames)))
        file.add_notice(notice)
        file.save(ledger)
    killed = tmp_path / "killed"
    killed.mkdir()
    for part in tmp_path.glob("spool.sqlite*"):
        shutil.copy(part, killed)

    again = SpoolFile(killed, log_bytes=LOG_BYTES)

    kept = again.read_frames(0, 2, 10**9)
    assert [(frame.index, frame.sha256, frame.facts) for frame in kept] == [
        (index, frame.sha256, frame.facts) for index, frame in enumerate(frames)
    ]
    assert [(frame.image, frame.path, frame.fresh) for frame in kept] == [
        (b"a", None, False),
        (None, str(tmp_path / "b.jpg"), False),
    ]
    assert again.read_notices(0) == [(1, notice)]
    assert again.read_ledger() == ledger
    assert again.read_position("source") == 7
    assert again.read_is_taken(str(tmp_path / "b.jpg"), frames[1].sha256)
    again.close()


def test_a_transaction_that_fails_leaves_nothing(file: SpoolFile) -> None:
    add(file, captured(b"kept"))

    def fail_halfway() -> None:
        with file.transaction():
            file.save(Ledger(next_index=2))
            file.add_frames([(1, captured(b"lost", position=3)), (0, captured(b"this number is given"))])

    with pytest.raises(sqlite3.IntegrityError):
        fail_halfway()

    assert images(file) == [b"kept"]
    assert (file.read_ledger(), file.read_position("source")) == (Ledger(), 0)


def test_a_number_is_never_given_to_two_frames(file: SpoolFile) -> None:
    add(file, captured(b"first"))

    with pytest.raises(sqlite3.IntegrityError):
        add(file, captured(b"second"))

    assert images(file) == [b"first"]


def test_a_full_file_is_full_and_keeps_what_it_had(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path, log_bytes=LOG_BYTES, max_pages=20)
    add(file, captured(b"kept"))

    with pytest.raises(sqlite3.OperationalError) as raised:
        add(file, captured(bytes(40 * PAGE_BYTES)), first=1)

    assert is_full(raised.value)
    assert images(file) == [b"kept"]
    file.close()


def test_not_every_failure_is_a_full_disk(file: SpoolFile) -> None:
    with pytest.raises(sqlite3.OperationalError) as raised, file.transaction():
        file._writer.execute("SELECT * FROM nowhere")

    assert not is_full(raised.value)


def test_another_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    SpoolFile(tmp_path, log_bytes=LOG_BYTES).close()
    with sqlite3.connect(tmp_path / "spool.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(SpoolError, match="format 99, this linewatch writes 1: let the version that wrote it deliver"):
        SpoolFile(tmp_path, log_bytes=LOG_BYTES)


def test_frames_are_read_by_range_and_size(file: SpoolFile) -> None:
    add(file, *(captured(bytes([number]) * 10) for number in range(6)))

    def found(first: int, before: int, size: int) -> list[int]:
        return [frame.index for frame in file.read_frames(first, before, size)]

    assert found(1, 5, 25) == [1, 2]
    assert found(1, 2, 10**6) == [1]
    assert found(4, 9, 1) == [4]
    assert [index for index, _ in file.read_hashes(2, 4)] == [2, 3]


def test_deleting_frees_room_in_the_file(file: SpoolFile) -> None:
    add(file, *(captured(bytes([number]) * 10 * PAGE_BYTES) for number in range(6)))
    full = file.used_bytes()

    with file.transaction():
        assert file.delete_frames(3) == 4

    assert [frame.index for frame in file.read_frames(0, 9, 10**9)] == [4, 5]
    assert full - file.used_bytes() >= 40 * PAGE_BYTES
    assert file.free_bytes() >= 40 * PAGE_BYTES


def test_giving_back_space_shrinks_the_file_by_every_free_page(file: SpoolFile) -> None:
    add(file, *(captured(bytes([number]) * 10 * PAGE_BYTES) for number in range(6)))
    with file.transaction():
        file.delete_frames(3)

    file.give_back_space()

    assert file.free_bytes() == 0


def test_the_oldest_stored_frame_is_one_whose_bytes_lie_here(file: SpoolFile, tmp_path: Path) -> None:
    add(file, captured(b"a", path=tmp_path / "a.jpg"), captured(b"b"), captured(b"c"))

    assert (file.oldest_stored(0), file.oldest_stored(2), file.oldest_stored(3)) == (1, 2, None)


def test_notices_keep_their_ids_when_older_ones_go(file: SpoolFile) -> None:
    notices = [Notice(at_us=NOW_US, kind="k", message=str(number)) for number in range(3)]
    with file.transaction():
        for notice in notices:
            file.add_notice(notice)
        file.delete_notices(2)

    assert file.read_notices(0) == [(3, notices[2])]
    assert file.read_newest_notice() == 3
    with file.transaction():
        file.delete_notices(3)
        file.add_notice(notices[0])
    assert file.read_notices(3) == [(4, notices[0])]


def test_a_file_is_known_by_path_and_bytes(file: SpoolFile) -> None:
    with file.transaction():
        file.add_taken("/a.jpg", "1")
        file.add_taken("/a.jpg", "1")

    assert file.read_is_path_taken("/a.jpg")
    assert not file.read_is_path_taken("/b.jpg")
    assert file.read_is_taken("/a.jpg", "1")
    assert not file.read_is_taken("/a.jpg", "2")


@given(st.lists(st.integers(0, 200_000), min_size=1, max_size=5))
def test_frames_take_no_more_than_their_cost(sizes: list[int]) -> None:
    frames = [captured(bytes(size)) for size in sizes]
    with temporary() as file:
        before = file.used_bytes()
        add(file, *frames)
        # The table itself grows by a page now and then.
        assert file.used_bytes() - before <= sum(disk_cost(frame) for frame in frames) + PAGE_BYTES


def test_a_file_that_is_only_referred_to_costs_a_row(tmp_path: Path) -> None:
    assert disk_cost(captured(bytes(10**6), path=tmp_path / "a.jpg")) < PAGE_BYTES
    assert disk_cost(captured(bytes(10**6))) >= 10**6
