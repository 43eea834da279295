"""What the writing thread does with a batch: all of it, or what the cap, the policy and the disk leave."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from producers.captured import Ledger, Notice
from producers.spool_file import PAGE_BYTES, SpoolFile, disk_cost
from producers.spool_writer import Batch, DropPolicy, Incoming, SpoolLimits, SpoolWriter, Written
from tests.producers.gateway_fakes import NOW_US, captured

CAP = 64 * PAGE_BYTES
EMPTY = Ledger()
IMAGE = bytes(4 * PAGE_BYTES - 2000)  # four pages each


class Disk(SpoolFile):
    """A file whose disk can refuse."""

    refuse = 0  # so many saves fail for want of room
    damaged = False

    def save(self, ledger: Ledger) -> None:
        if self.refuse or self.damaged:
            self.refuse -= 1
            error = sqlite3.OperationalError("refused")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ if self.damaged else sqlite3.SQLITE_FULL
            raise error
        super().save(ledger)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    opened = Disk(tmp_path, log_bytes=2**20)
    yield opened
    opened.close()


def writer(disk: SpoolFile, drop: DropPolicy = "newest", cursor: int = 0) -> SpoolWriter:
    """A writer whose drain has taken everything below `cursor`."""
    return SpoolWriter(
        disk,
        SpoolLimits(cap_bytes=CAP, drop=drop),
        camera_id="cam-1",
        unix_us=lambda: NOW_US,
        evict=lambda: disk.oldest_stored(cursor),
    )


def frames(first: int, before: int, *, droppable: bool = True) -> list[Incoming]:
    made = [(index, captured(IMAGE + str(index).encode())) for index in range(first, before)]
    return [Incoming(index, frame, disk_cost(frame), droppable) for index, frame in made]


def batch(incoming: Sequence[Incoming], ledger: Ledger = EMPTY, notices: Sequence[Notice] = ()) -> Batch:
    following = incoming[-1].index + 1 if incoming else ledger.next_index
    ledger = msgspec.structs.replace(ledger, next_index=following)
    return Batch(ledger, incoming, [(notice, None) for notice in notices], 0)


def on_disk(disk: SpoolFile) -> list[int]:
    return [index for index, _ in disk.read_hashes(0, 10**6)]


def test_what_a_spool_takes_at_most_adds_up_to_its_cap() -> None:
    limits = SpoolLimits(cap_bytes=2**30)

    assert limits.file_bytes + 2 * limits.log_bytes + limits.batch_bytes + limits.reserve_bytes == 2**30
    assert limits.file_bytes > 0.9 * 2**30
    assert SpoolLimits(cap_bytes=2**20).file_bytes > 0.6 * 2**20


def test_a_batch_is_written_whole_with_the_ledger(disk: Disk) -> None:
    written = writer(disk).write(batch(frames(0, 3), Ledger(base=5)))

    assert written == Written(saved=True, frames=3)
    assert on_disk(disk) == [0, 1, 2]
    assert disk.read_ledger() == Ledger(base=5, next_index=3)


def test_what_was_acknowledged_goes_with_the_next_batch(disk: Disk) -> None:
    spooling = writer(disk)
    spooling.write(batch(frames(0, 3)))

    spooling.write(batch(frames(3, 4), Ledger(acknowledged=1)))

    assert on_disk(disk) == [2, 3]
    assert spooling.frames == 2


def test_a_batch_is_bounded_and_never_empty(disk: Disk) -> None:
    spooling = writer(disk)
    limit = SpoolLimits(cap_bytes=CAP).batch_bytes
    waiting = frames(0, 9)

    cut = spooling.cut(waiting)

    assert [incoming.index for incoming in cut] == list(range(len(cut)))
    assert 1 <= len(cut) < 9
    assert len(cut) == 1 or sum(incoming.cost for incoming in cut) <= limit
    large = captured(bytes(2 * limit))
    assert len(spooling.cut([Incoming(0, large, disk_cost(large), True)])) == 1


def test_policy_newest_drops_what_comes_and_counts_it(disk: Disk) -> None:
    spooling = writer(disk)
    written = spooling.write(batch(frames(0, 30)))
    kept = on_disk(disk)

    assert 0 < len(kept) < 30
    assert kept == list(range(len(kept)))
    assert written.dropped == frozenset(range(len(kept), 30))
    assert written.dropped_count == 30 - len(kept)
    assert disk.read_ledger().dropped == 30 - len(kept)
    assert disk.read_ledger().next_index == 30
    assert spooling.used_bytes <= SpoolLimits(cap_bytes=CAP).file_bytes


def test_policy_oldest_drops_what_waits_longest_and_counts_it(disk: Disk) -> None:
    spooling = writer(disk, "oldest")
    dropped = sum(spooling.write(batch(frames(index, index + 1))).dropped_count for index in range(30))
    kept = on_disk(disk)

    assert 0 < dropped == 30 - len(kept)
    assert kept == list(range(dropped, 30))
    assert spooling.frames == len(kept)
    assert spooling.used_bytes <= SpoolLimits(cap_bytes=CAP).file_bytes


def test_policy_oldest_leaves_what_the_drain_has_taken(disk: Disk) -> None:
    spooling = writer(disk, "oldest", cursor=3)

    for index in range(30):
        spooling.write(batch(frames(index, index + 1)))

    assert on_disk(disk)[:4] == [0, 1, 2, on_disk(disk)[3]]
    assert on_disk(disk)[3] > 3


@pytest.mark.parametrize("drop", ["newest", "oldest"])
def test_a_frame_that_can_be_read_again_is_never_dropped(disk: Disk, drop: DropPolicy) -> None:
    written = writer(disk, drop).write(batch(frames(0, 30, droppable=False)))

    assert (written.dropped_count, on_disk(disk)) == (0, list(range(30)))


def test_one_alarm_is_raised_and_cleared_once_there_is_room(disk: Disk) -> None:
    spooling = writer(disk)
    first = spooling.write(batch(frames(0, 30)))
    ledger = disk.read_ledger()
    second = spooling.write(batch(frames(30, 32), ledger))
    (_, raised), *more = disk.read_notices(0)
    assert not more
    assert first.alarm == second.alarm == raised.alarm_id == "cam-1/spool_full/30"
    assert (raised.kind, raised.raised, raised.bound) == ("spool_full", True, CAP)
    assert raised.value == first.dropped_count
    assert "newest frames are dropped" in raised.message

    nearly = spooling.write(batch([], msgspec.structs.replace(disk.read_ledger(), acknowledged=0)))
    assert nearly.alarm == raised.alarm_id  # at the brim it would come and go
    written = spooling.write(batch([], msgspec.structs.replace(disk.read_ledger(), acknowledged=31)))

    cleared = disk.read_notices(1)
    assert [(notice.alarm_id, notice.raised) for _, notice in cleared] == [(raised.alarm_id, False)]
    assert (written.alarm, disk.read_ledger().alarm) == (None, None)


def test_a_disk_full_below_the_cap_drops_live_frames_and_keeps_what_lies_there(tmp_path: Path) -> None:
    disk = SpoolFile(tmp_path, log_bytes=2**20, max_pages=20)
    spooling = writer(disk)
    spooling.write(batch(frames(0, 2)))

    written = spooling.write(batch(frames(2, 12), disk.read_ledger()))

    assert spooling.disk_full
    assert not spooling.fits(1)
    assert written.dropped_count == len(written.dropped) > 0
    assert on_disk(disk) == sorted(set(range(12)) - written.dropped)
    assert on_disk(disk)[:2] == [0, 1]
    assert (disk.read_ledger().dropped, disk.read_ledger().next_index) == (written.dropped_count, 12)
    disk.close()


def test_on_a_full_disk_frames_that_can_be_read_again_wait_in_memory(disk: Disk) -> None:
    disk.refuse = 1
    spooling = writer(disk)

    written = spooling.write(batch(frames(0, 2, droppable=False)))

    assert (written.saved, written.frames, written.dropped_count) == (False, 0, 0)
    assert disk.read_ledger().next_index == 0
    assert on_disk(disk) == []


def test_frames_behind_one_that_waits_wait_too(disk: Disk) -> None:
    disk.refuse = 1
    mixed = [*frames(0, 1), *frames(1, 2, droppable=False), *frames(2, 3)]

    written = writer(disk).write(batch(mixed))

    assert (written.saved, written.frames) == (False, 1)
    assert disk.read_ledger().next_index == 1


def test_a_loss_that_could_not_be_written_down_is_told_later(disk: Disk) -> None:
    disk.refuse = 2
    spooling = writer(disk)
    lost = spooling.write(batch(frames(0, 2)))
    assert (lost.saved, lost.frames, lost.dropped, lost.alarm) == (False, 2, frozenset({0, 1}), None)

    told = spooling.write(batch(frames(2, 3), Ledger(dropped=lost.dropped_count)))

    assert not spooling.disk_full
    assert told.alarm == "cam-1/spool_full/3"
    assert [notice.raised for _, notice in disk.read_notices(0)] == [True]
    assert disk.read_ledger().dropped == 2
    assert on_disk(disk) == [2]


def test_a_damaged_disk_is_no_full_one(disk: Disk) -> None:
    disk.damaged = True

    with pytest.raises(sqlite3.OperationalError, match="refused"):
        writer(disk).write(batch(frames(0, 1)))


def test_notices_are_written_with_their_files(disk: Disk) -> None:
    notice = Notice(at_us=NOW_US, kind="BrokenImage", message="no image", origin="a.jpg")

    spooling = writer(disk)
    written = spooling.write(Batch(Ledger(), [], [(notice, ("/a.jpg", "1"))], 0))

    assert written.notices == 1
    assert disk.read_is_taken("/a.jpg", "1")
    assert spooling.newest_notice == 1
    spooling.write(Batch(Ledger(), [], [], 1))
    assert spooling.newest_notice == 0
