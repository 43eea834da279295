"""What this process holds of its edge's partitions, shared by its threads."""

import threading

from consumers.edge.ledger import Ledger
from consumers.edge.marks import Mark


def test_a_partition_is_drained_when_all_its_records_are_done() -> None:
    ledger = Ledger()
    one, other = ledger.assign(1, {}), ledger.assign(2, {})
    ledger.start(one, 5)
    ledger.start(other, 9)
    assert not ledger.drain([1], 0)

    finisher = threading.Thread(target=ledger.finish, args=(one, 5))
    finisher.start()

    assert ledger.drain([1], 30)
    finisher.join()
    assert not ledger.drain([1, 2], 0)


def test_only_what_is_ahead_of_the_last_commit_is_committed() -> None:
    ledger = Ledger()
    held = ledger.assign(1, {"cam": Mark(1, 3)}, committed=5)
    assert ledger.uncommitted() == {}
    ledger.start(held, 5, "cam", Mark(1, 4))
    ledger.finish(held, 5)

    (position,) = ledger.uncommitted([1]).values()
    assert (position.offset, position.marks) == (6, {"cam": Mark(1, 4)})
    assert ledger.uncommitted([2]) == {}

    ledger.note_commit(1, 6)
    assert ledger.uncommitted() == {}
    ledger.note_commit(1, None)
    assert list(ledger.uncommitted()) == [1]


def test_what_finishes_after_a_partition_was_taken_away_changes_nothing() -> None:
    ledger = Ledger()
    held = ledger.assign(1, {})
    ledger.start(held, 5)

    assert ledger.revoke([1, 2]) == [held]
    ledger.finish(held, 5)

    assert not held.held
    assert ledger.uncommitted() == {}
    assert ledger.assignments == ()
    assert ledger.find(1) is None


def test_a_partition_that_comes_back_starts_from_its_commit() -> None:
    ledger = Ledger()
    first = ledger.assign(1, {})
    ledger.revoke([1])
    second = ledger.assign(1, {"cam": Mark(1, 7)}, committed=8)

    assert first is not second
    assert second.marks.arrive("cam", 1, 7, "a").standing == "duplicate"
