"""The spool: what is captured is kept, in order, within its cap, whatever happens."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from producers.captured import Notice, Spooled
from producers.errors import SpoolClosedError, SpoolError, SpoolLockedError
from producers.spool import Acknowledgement, Spool, SpoolLimits
from producers.spool_file import PAGE_BYTES
from tests.producers.gateway_fakes import NOW_US, captured, open_spool

NOTICE = Notice(at_us=NOW_US, kind="BrokenImage", message="no image", origin="a.jpg", raw=b"?")


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = open_spool(tmp_path / "spool")
    yield opened
    opened.close()


def take_all(spool: Spool) -> list[Spooled]:
    """Everything that can be taken now."""
    spool.flush()
    taken: list[Spooled] = []
    while found := spool.take(10**6, 0):
        taken += found
    return taken


def fill(spool: Spool, count: int, size: int = 10, *, droppable: bool = True) -> None:
    for number in range(count):
        spool.append(captured(str(number).encode().ljust(size)), droppable=droppable)


def test_frames_come_out_in_order_with_their_bytes(spool: Spool) -> None:
    fill(spool, 5)
    taken = take_all(spool)
    assert [frame.index for frame in taken] == [0, 1, 2, 3, 4]
    assert [int(frame.image or b"") for frame in taken] == [0, 1, 2, 3, 4]
    assert all(frame.fresh for frame in taken)


def test_what_was_captured_survives_the_process(tmp_path: Path) -> None:
    first = open_spool(tmp_path)
    fill(first, 3)
    first.acknowledge(Acknowledgement(index=0, offset=7))
    first.close()
    second = open_spool(tmp_path)
    taken = take_all(second)
    assert [(frame.index, int(frame.image or b""), frame.fresh) for frame in taken] == [(1, 1, False), (2, 2, False)]
    assert second.state().ledger.offset == 7
    second.close()


def test_a_frame_is_given_out_only_once_it_is_on_disk(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    fill(spool, 1)
    assert spool.take(100, 5)[0].index == 0
    assert spool._file.read_count() == 1
    spool.close()


def test_rewinding_gives_everything_unacknowledged_again(spool: Spool) -> None:
    fill(spool, 4)
    take_all(spool)
    spool.acknowledge(Acknowledgement(index=1))
    spool.rewind()
    assert [frame.index for frame in take_all(spool)] == [2, 3]


def test_a_window_that_is_full_is_read_back_from_disk(tmp_path: Path) -> None:
    limits = SpoolLimits(cap_bytes=64 * 2**20, window_bytes=250)
    spool = Spool(tmp_path, limits, camera_id="c", unix_us=lambda: NOW_US)
    fill(spool, 20, 100)
    taken = take_all(spool)
    assert [int(frame.image or b"") for frame in taken] == list(range(20))
    assert {frame.fresh for frame in taken} == {True, False}
    fill(spool, 1, 100)
    spool.flush()
    assert spool.take(1000, 0)[0].fresh
    spool.close()


def test_a_file_is_referred_to_not_copied(tmp_path: Path) -> None:
    limits = SpoolLimits(cap_bytes=64 * 2**20, window_bytes=1)
    spool = Spool(tmp_path, limits, camera_id="c", unix_us=lambda: NOW_US)
    spool.append(captured(b"x" * 100_000, path=tmp_path / "a.jpg"), droppable=False)
    spool.flush()
    spool.rewind()
    (frame,) = spool.take(10**6, 0)
    assert (frame.image, frame.path) == (None, str(tmp_path / "a.jpg"))
    assert spool.state().used_bytes < 100_000 + 8 * PAGE_BYTES
    assert spool.is_path_taken(str(tmp_path / "a.jpg"))
    assert spool.is_taken(str(tmp_path / "a.jpg"), frame.sha256)
    assert not spool.is_taken(str(tmp_path / "a.jpg"), "0" * 64)
    spool.close()


def test_the_position_of_a_source_is_kept(spool: Spool) -> None:
    spool.append(captured(b"a", position=0), droppable=False)
    spool.append(captured(b"b", position=1), droppable=False)
    spool.flush()
    assert spool.position("source") == 2
    assert spool.position("another") == 0


def test_notices_wait_until_acknowledged(spool: Spool) -> None:
    spool.append_notice(NOTICE, ("a.jpg", "12"))
    spool.flush()
    assert not spool.is_drained()
    ((number, notice),) = spool.take_notices()
    assert notice == NOTICE
    assert spool.take_notices() == []
    spool.rewind()
    assert spool.take_notices() == [(number, NOTICE)]
    spool.acknowledge(Acknowledgement(notice=number))
    spool.flush()
    assert spool.is_drained()
    assert spool.is_taken("a.jpg", "12")


def test_only_one_gateway_has_a_spool(tmp_path: Path) -> None:
    first = open_spool(tmp_path)
    with pytest.raises(SpoolLockedError, match=r"in use by gateway .*: only one gateway"):
        open_spool(tmp_path)
    first.close()
    open_spool(tmp_path).close()


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    open_spool(tmp_path).close()
    (tmp_path / "spool.sqlite").write_bytes(b"this is no database" * 1000)
    with pytest.raises(SpoolError, match="move the file away"):
        open_spool(tmp_path)
    (tmp_path / "spool.sqlite").unlink()
    open_spool(tmp_path).close()


def test_a_closed_spool_takes_nothing(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.interrupt()
    with pytest.raises(SpoolClosedError):
        fill(spool, 1)
    spool.close()


def small(tmp_path: Path, drop: str, pages: int | None = None) -> Spool:
    """A spool that holds some twenty pages."""
    limits = SpoolLimits(cap_bytes=30 * PAGE_BYTES, drop="oldest" if drop == "oldest" else "newest", max_pages=pages)
    return Spool(tmp_path, limits, camera_id="cam-1", unix_us=lambda: NOW_US)


@pytest.mark.parametrize("drop", ["oldest", "newest"])
def test_a_full_spool_drops_by_policy_and_says_so(tmp_path: Path, drop: str) -> None:
    spool = small(tmp_path, drop)
    fill(spool, 60, PAGE_BYTES - 2000)
    taken = take_all(spool)
    state = spool.state()
    assert state.dropped == 60 - len(taken) > 20
    assert state.ledger.dropped == state.dropped
    kept = [frame.index for frame in taken]
    assert kept == (list(range(len(kept))) if drop == "newest" else list(range(60 - len(kept), 60)))
    used = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert used <= 30 * PAGE_BYTES + 64 * 1024  # SQLite's shared-memory index and the lock come on top

    ((_, raised),) = spool.take_notices()
    assert (raised.kind, raised.raised) == ("spool_full", True)
    assert "is full" in raised.message
    spool.acknowledge(Acknowledgement(index=taken[-1].index))
    spool.flush()
    ((number, cleared),) = spool.take_notices()
    assert (cleared.alarm_id, cleared.raised) == (raised.alarm_id, False)
    spool.acknowledge(Acknowledgement(notice=number))
    spool.flush()
    assert spool.is_drained()
    spool.close()


@pytest.mark.parametrize("drop", ["oldest", "newest"])
def test_a_full_disk_is_met_like_the_cap(tmp_path: Path, drop: str) -> None:
    spool = small(tmp_path, drop, pages=18)
    fill(spool, 8, PAGE_BYTES - 2000)
    spool.flush()
    fill(spool, 12, PAGE_BYTES - 2000)
    assert spool.flush(60)
    state = spool.state()
    assert 0 < state.dropped < 20
    taken = take_all(spool)
    assert len(taken) == 20 - state.dropped
    assert [frame.index for frame in taken] == sorted({frame.index for frame in taken})
    spool.acknowledge(Acknowledgement(index=taken[-1].index))
    spool.flush()
    fill(spool, 1)
    spool.flush()
    assert [frame.index for frame in spool.take(1000, 0)] == [20]
    assert not spool.state().disk_full
    spool.close()


def test_frames_that_can_be_read_again_wait_for_room(tmp_path: Path) -> None:
    spool = small(tmp_path, "newest")
    appended: list[int] = []

    def capture() -> None:
        for number in range(40):
            spool.append(captured(bytes(PAGE_BYTES - 2000)), droppable=False)
            appended.append(number)

    thread = threading.Thread(target=capture)
    thread.start()
    taken: list[Spooled] = []
    while len(taken) < 40:
        for frame in spool.take(3 * PAGE_BYTES, 5):
            taken.append(frame)
            spool.acknowledge(Acknowledgement(index=frame.index))
    thread.join(10)
    assert [frame.index for frame in taken] == list(range(40))
    assert spool.state().dropped == 0
    spool.close()


def test_waiting_for_room_ends_when_interrupted(tmp_path: Path) -> None:
    spool = small(tmp_path, "newest")
    failed = threading.Event()

    def capture() -> None:
        try:
            fill(spool, 40, PAGE_BYTES - 2000, droppable=False)
        except SpoolClosedError:
            failed.set()

    thread = threading.Thread(target=capture)
    thread.start()
    assert spool.take(10**9, 10)
    spool.interrupt()
    thread.join(10)
    assert failed.is_set()
    spool.close()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(1, 6)),
            st.tuples(st.just("take"), st.integers(1, 60)),
            st.tuples(st.sampled_from(["acknowledge", "rewind", "reopen"]), st.just(0)),
        ),
        max_size=25,
    ),
    window=st.integers(1, 100),
)
def test_any_order_of_events_keeps_every_frame(
    steps: list[tuple[str, int]], window: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    limits = SpoolLimits(cap_bytes=64 * 2**20, window_bytes=window)
    spool = Spool(folder, limits, camera_id="c", unix_us=lambda: NOW_US)
    appended, taken, acknowledged = 0, 0, 0
    for step, size in steps:
        if step == "append":
            fill(spool, size)
            appended += size
        elif step == "take":
            spool.flush()
            for frame in spool.take(size, 0):
                assert frame.index == taken
                taken += 1
        elif step == "acknowledge" and taken:
            spool.acknowledge(Acknowledgement(index=taken - 1))
            acknowledged = taken
        elif step == "rewind":
            spool.rewind()
            taken = acknowledged
        elif step == "reopen":
            spool.close()
            spool = Spool(folder, limits, camera_id="c", unix_us=lambda: NOW_US)
            taken = acknowledged
    spool.rewind()
    assert [frame.index for frame in take_all(spool)] == list(range(acknowledged, appended))
    spool.close()


def test_taking_ends_in_time_while_every_frame_is_dropped(tmp_path: Path) -> None:
    spool = small(tmp_path, "newest")
    fill(spool, 40, PAGE_BYTES - 2000)
    taken = take_all(spool)
    ended, dropping = threading.Event(), threading.Event()

    def drop() -> None:
        while not ended.is_set():
            fill(spool, 1, PAGE_BYTES - 2000)
            spool.flush()
            dropping.set()

    thread = threading.Thread(target=drop)
    thread.start()
    assert dropping.wait(30)
    # Every dropped frame wakes the one who waits: it must still come back, to commit what it has taken.
    assert [spool.take(1000, 0.05) for _ in range(5)] == [[]] * 5
    ended.set()
    thread.join(30)
    assert taken
    spool.close()


def test_a_capture_that_looks_something_up_hides_no_frame_from_the_drain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"a")
    first = open_spool(tmp_path / "spool")
    first.append(captured(b"a", path=path), droppable=False)
    first.acknowledge(Acknowledgement(index=0))
    first.close()
    looking, found = threading.Event(), threading.Event()

    class Held(sqlite3.Connection):
        """Has found a row for the thread `capture`, which does not get to run and take it."""

        def execute(self, *statement: Any) -> sqlite3.Cursor:
            cursor = super().execute(*statement)
            if threading.current_thread().name == "capture":
                looking.set()
                assert found.wait(60)
            return cursor

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **named: connect(*given, factory=Held, **named))
    spool = open_spool(tmp_path / "spool")
    capture = threading.Thread(target=spool.is_path_taken, args=(str(path),), name="capture")
    capture.start()
    assert looking.wait(60)

    fill(spool, 3)
    spool.flush()
    spool.rewind()  # as at each claim: the next frames come from disk
    taken = take_all(spool)

    found.set()
    capture.join(60)
    spool.close()
    assert [frame.index for frame in taken] == [1, 2, 3]
