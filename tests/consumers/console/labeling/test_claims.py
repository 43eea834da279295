"""Claims, their heartbeats and fencing tokens, on both databases."""

import pytest
from sqlalchemy import delete

from consumers.console.database import Database
from consumers.console.labeling.claims import SETTLED_US, Labeler, Lease, _free, _take, release, renew
from consumers.console.projection.catching_up import end_catching_up
from consumers.console.projection.rebuilding import forget_projection
from consumers.console.tables.leases import LeaseRow
from tests.consumers.console.labeling.claiming import ANN, BO, CY, LEASE_US, answered, claimed, ids
from tests.consumers.console.labeling.rows import NOW, fill, task_row


def test_the_best_come_first_then_the_oldest(database: Database) -> None:
    fill(database, task_row(3, priority=1.0), task_row(1, priority=1.0), task_row(2, priority=5.0))
    assert ids(claimed(database, ANN, 10)) == ["cam-1/2/first", "cam-1/1/first", "cam-1/3/first"]


def test_closed_tasks_and_those_of_other_edges_are_not_given(database: Database) -> None:
    fill(database, task_row(1, state="closed"), task_row(2, edge_id="press-2"), task_row(3, state="reopened"))
    assert ids(claimed(database, ANN, 10, edge_id="press-1")) == ["cam-1/3/first"]
    assert ids(claimed(database, BO, 10)) == ["cam-1/2/first"]


def test_skill_and_exclusion_are_respected(database: Database) -> None:
    excluded = ["bo", 'quoted"name', "annabel"]
    fill(database, task_row(1, skill="expert"), task_row(2, excluded_labelers=excluded), task_row(3, skill="glass"))
    assert ids(claimed(database, ANN, 10)) == ["cam-1/2/first"]
    assert ids(claimed(database, BO, 10)) == ["cam-1/1/first"]
    assert ids(claimed(database, Labeler('quoted"name', frozenset()), 10)) == []
    assert ids(claimed(database, CY, 10)) == ["cam-1/3/first"]


def test_a_claim_again_gives_the_same_leases_prolonged(database: Database) -> None:
    fill(database, *(task_row(number) for number in range(5)))
    first = claimed(database, ANN, 2)
    again = claimed(database, ANN, 3, now_us=NOW + 1_000_000)
    assert [(lease.task_id, lease.fencing_token) for lease in again[:2]] == [
        (lease.task_id, lease.fencing_token) for lease in first
    ]
    assert {lease.expires_at_us for lease in again} == {NOW + 1_000_000 + LEASE_US}
    assert len(again) == 3


def test_a_lease_that_ran_out_goes_to_the_next_with_a_higher_token(database: Database) -> None:
    fill(database, task_row(1))
    (first,) = claimed(database, ANN)
    assert claimed(database, BO, now_us=first.expires_at_us - 1) == []
    (second,) = claimed(database, BO, now_us=first.expires_at_us)
    assert second.fencing_token > first.fencing_token
    with database.write() as session:
        assert (
            renew(session, "ann", [(first.task_id, first.fencing_token)], now_us=first.expires_at_us, lease_us=LEASE_US)
            == []
        )


def test_a_database_that_was_lost_gives_no_token_again(database: Database) -> None:
    fill(database, task_row(1))
    (before,) = claimed(database, ANN)
    with database.write() as session:
        session.execute(delete(LeaseRow))
    (after,) = claimed(database, BO, now_us=NOW + 1)
    assert after.fencing_token > before.fencing_token


def test_a_clock_that_was_put_back_gives_no_lower_token(database: Database) -> None:
    fill(database, task_row(1))
    (first,) = claimed(database, ANN)
    with database.write() as session:
        release(session, "ann", [(first.task_id, first.fencing_token)])
    (second,) = claimed(database, BO, now_us=NOW - 3_600_000_000)
    assert second.fencing_token == first.fencing_token + 1


def test_a_lease_that_ran_out_and_nobody_took_is_still_its_holders(database: Database) -> None:
    fill(database, task_row(1))
    (first,) = claimed(database, ANN)
    late = first.expires_at_us + 5_000_000
    with database.write() as session:
        asked = [(first.task_id, first.fencing_token), ("cam-9/9/first", 1)]
        kept = renew(session, "ann", asked, now_us=late, lease_us=LEASE_US)
    assert kept == [Lease(first.task_id, first.fencing_token, late + LEASE_US)]
    assert claimed(database, BO, now_us=late) == []


def test_a_closed_task_is_lost_at_the_next_heartbeat_and_no_longer_ones_own(database: Database) -> None:
    fill(database, task_row(1))
    (first,) = claimed(database, ANN)
    fill(database, task_row(1, state="closed", revision=2))
    with database.write() as session:
        assert renew(session, "ann", [(first.task_id, first.fencing_token)], now_us=NOW, lease_us=LEASE_US) == []
    assert claimed(database, ANN) == []


def test_while_the_projection_catches_up_every_lease_goes_on(database: Database) -> None:
    fill(database, task_row(1))
    (first,) = claimed(database, ANN)
    forget_projection(database)
    held = [(first.task_id, first.fencing_token)]
    with database.write() as session:
        assert len(renew(session, "ann", held, now_us=NOW, lease_us=LEASE_US)) == 1
        assert renew(session, "bo", held, now_us=NOW, lease_us=LEASE_US) == []
        end_catching_up(session)
        assert renew(session, "ann", held, now_us=NOW, lease_us=LEASE_US) == []


def test_many_leases_are_renewed_and_given_back_at_once(database: Database) -> None:
    fill(database, *(task_row(number) for number in range(4)))
    mine = [(lease.task_id, lease.fencing_token) for lease in claimed(database, ANN, 3)]
    (other,) = claimed(database, BO)
    asked = [*reversed(mine), (other.task_id, other.fencing_token)]
    with database.write() as session:
        kept = renew(session, "ann", asked, now_us=NOW + 5, lease_us=LEASE_US)
        assert [(lease.task_id, lease.fencing_token) for lease in kept] == sorted(mine)
        assert renew(session, "ann", [], now_us=NOW, lease_us=LEASE_US) == []
        release(session, "ann", asked)
    assert len(claimed(database, BO, 10)) == 4


def test_what_is_given_back_is_free_at_once(database: Database) -> None:
    fill(database, task_row(1))
    (first,) = claimed(database, ANN)
    with database.write() as session:
        release(session, "bo", [(first.task_id, first.fencing_token)])  # not his to give
        release(session, "ann", [(first.task_id, 7)])  # not this lease
    assert claimed(database, BO) == []
    with database.write() as session:
        release(session, "ann", [(first.task_id, first.fencing_token)])
    assert [lease.fencing_token for lease in claimed(database, BO)] == [first.fencing_token + 1]


def test_an_answered_task_is_gone_at_once_and_back_when_it_is_reopened(database: Database) -> None:
    fill(database, task_row(1))
    (first,) = claimed(database, ANN)
    answered(database, first.task_id, 1)
    assert claimed(database, ANN) == claimed(database, BO, now_us=NOW + 10 * LEASE_US) == []
    fill(database, task_row(1, state="reopened", revision=2, excluded_labelers=["ann"]))
    assert claimed(database, ANN) == []
    assert [lease.fencing_token for lease in claimed(database, BO)] == [first.fencing_token + 1]


def test_a_wish_that_raises_the_rank_of_an_answered_task_does_not_bring_it_back(database: Database) -> None:
    fill(database, task_row(1))
    (first,) = claimed(database, ANN)
    answered(database, first.task_id, 1)
    fill(database, task_row(1, revision=2, priority=9.0, changed_at_us=NOW + SETTLED_US))
    assert claimed(database, BO) == []
    # Long after, the same question is a new one.
    fill(database, task_row(1, revision=2, priority=9.0, changed_at_us=NOW + SETTLED_US + 1))
    assert ids(claimed(database, BO)) == [first.task_id]


@pytest.mark.parametrize("meanwhile", ["taken", "answered"])
def test_a_task_that_changed_hands_since_it_was_looked_at_is_not_taken(database: Database, meanwhile: str) -> None:
    fill(database, task_row(1))
    with database.write() as session:
        (seen,) = _free(session, ANN, None, 1, NOW)
    (lease,) = claimed(database, BO)
    if meanwhile == "answered":
        answered(database, lease.task_id, 1)
    with database.write() as session:
        assert _take(session, seen, "ann", NOW, LEASE_US) is None
    with database.read() as session:
        assert session.get_one(LeaseRow, lease.task_id).fencing_token == lease.fencing_token
