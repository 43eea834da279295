"""The table's values carry their place in history, and recovery keeps the latest."""

from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from infra.settings import Settings
from streams.state_table import NEVER, Stamped, StateTable, unpack
from streams.worker import make_app


@pytest.fixture
def table() -> StateTable:
    app = make_app(Settings(), "linewatch.test", "1", store="memory://")
    return StateTable(app, name="edges", key_type=bytes, value_type=bytes, partitions=12)


def recovered(key: bytes, value: bytes | None, offset: int, partition: int = 0) -> Any:
    message = SimpleNamespace(key=key, value=value, partition=partition, offset=offset, tp=TP("changelog", partition))
    return SimpleNamespace(key=key, value=value, message=message)


def test_a_value_survives_packing_and_nothing_is_never() -> None:
    stamped = Stamped(3, 9, b"state")
    assert unpack(stamped.pack()) == stamped
    assert unpack(None) == NEVER


def test_a_successor_is_always_later() -> None:
    first = NEVER.successor(b"a", 4)
    assert (first.generation, first.revision) == (4, 0)
    assert first.successor(b"b", 4)[:2] == (4, 1)
    assert first.successor(b"c", 1)[:2] == (4, 1)  # the group was deleted and counts anew


def test_recovery_keeps_what_the_successor_wrote_although_the_suspended_worker_wrote_last(table: StateTable) -> None:
    old = Stamped(1, 7, b"old")
    new = old.successor(b"new", 2)
    belated = old.successor(b"belated", 1)
    table.apply_changelog_batch([recovered(b"e", s.pack(), n) for n, s in enumerate((old, new, belated))])
    assert dict(table.scan(0)) == {b"e": new}
    table.apply_changelog_batch([recovered(b"e", belated.pack(), 3), recovered(b"f", old.pack(), 4)])
    assert dict(table.scan(0)) == {b"e": new, b"f": old}


def test_a_tombstone_deletes(table: StateTable) -> None:
    table.apply_changelog_batch([recovered(b"e", Stamped(1, 1, b"x").pack(), 0)])
    table.apply_changelog_batch([recovered(b"e", None, 1)])
    assert dict(table.scan(0)) == {}


def test_saving_writes_here_and_to_the_events_partition(table: StateTable, monkeypatch: pytest.MonkeyPatch) -> None:
    class Event:
        message = SimpleNamespace(partition=5)

    sent: list[tuple[int | None, bytes, bytes]] = []
    monkeypatch.setattr(table, "send_changelog", lambda *record: sent.append(record))
    event = Event()
    assert table.load(event, b"e") == NEVER
    stamped = NEVER.successor(b"x", 1)
    table.save(event, b"e", stamped)
    assert table.load(event, b"e") == stamped
    assert sent == [(5, b"e", stamped.pack())]


class Persistent:
    """A store that notes the offset it is said to hold."""

    def __init__(self) -> None:
        self.offset: int | None = None

    def _db_for_partition(self, _partition: int) -> dict[bytes, bytes]:
        return {}

    def persisted_offset(self, _tp: TP) -> int | None:
        return self.offset

    def set_persisted_offset(self, _tp: TP, offset: int) -> None:
        self.offset = offset

    def apply_changelog_batch(self, _batch: object, **_: object) -> None:
        """Nothing to keep."""


def sent(offset: int) -> Any:
    return SimpleNamespace(result=lambda: SimpleNamespace(topic_partition=TP("changelog", 0), offset=offset))


def test_the_offset_held_moves_only_to_the_next_so_that_another_workers_records_are_read(table: StateTable) -> None:
    store: Any = Persistent()
    table._data = store
    for offset in (0, 1, 2):
        table._on_changelog_sent(sent(offset))
    assert store.offset == 2
    table._on_changelog_sent(sent(6))  # 3 to 5 are another's
    assert store.offset == 2
    table.apply_changelog_batch([recovered(b"e", Stamped(1, 1, b"x").pack(), n) for n in (3, 4, 5, 6)])
    assert store.offset == 6
    table._on_changelog_sent(sent(7))
    assert store.offset == 7


def test_a_copy_that_holds_nothing_claims_nothing(table: StateTable) -> None:
    store: Any = Persistent()
    table._data = store
    table._on_changelog_sent(sent(4))
    assert store.offset is None
