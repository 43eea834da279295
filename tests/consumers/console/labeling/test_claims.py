"""Claims: a state machine against a model, and many people at once, on both databases."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, select

from consumers.console.database import Database
from consumers.console.labeling.claims import SETTLED_US, Labeler, Lease, _free, _take, claim, release, renew
from consumers.console.projection.catching_up import end_catching_up
from consumers.console.projection.rebuilding import forget_projection
from consumers.console.tables.labels import TaskRow
from consumers.console.tables.leases import LeaseRow
from tests.consumers.console.labeling.rows import NOW, fill, task_row

LEASE_US = 180_000_000
ANN = Labeler("ann", frozenset())
BO = Labeler("bo", frozenset({"expert"}))
CY = Labeler("cy", frozenset({"expert", "glass"}))
PEOPLE = {person.name: person for person in (ANN, BO, CY)}


def claimed(
    database: Database, person: Labeler, count: int = 1, edge_id: str | None = None, now_us: int = NOW
) -> list[Lease]:
    with database.write() as session:
        return claim(session, person, edge_id, count, now_us=now_us, lease_us=LEASE_US)


def answered(database: Database, task_id: str, revision: int, at_us: int = NOW) -> None:
    with database.write() as session:
        lease = session.get_one(LeaseRow, task_id)
        lease.answered_revision, lease.answered_at_us, lease.holder = revision, at_us, None


def ids(leases: list[Lease]) -> list[str]:
    return [lease.task_id for lease in leases]


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


class _Model:
    """What the database should hold, in plain Python."""

    def __init__(self) -> None:
        self.tasks: dict[str, dict[str, Any]] = {}
        self.leases: dict[str, dict[str, Any]] = {}

    def free(self, person: Labeler, edge_id: str | None, now: int) -> list[str]:
        return [name for name in self._ranked(person, edge_id) if self._is_free(name, now)]

    def own(self, person: Labeler, edge_id: str | None, now: int) -> list[str]:
        held = [
            name
            for name in self._ranked(person, edge_id)
            if (lease := self.leases.get(name)) and lease["holder"] == person.name and lease["expires"] > now
        ]
        return sorted(held, key=lambda name: (self.leases[name]["claimed"], name))

    def _ranked(self, person: Labeler, edge_id: str | None) -> list[str]:
        fit = [
            name
            for name, task in self.tasks.items()
            if task["state"] != "closed"
            and edge_id in (None, task["edge_id"])
            and (task["skill"] is None or task["skill"] in person.skills)
            and person.name not in task["excluded_labelers"]
        ]
        return sorted(fit, key=lambda name: (-self.tasks[name]["priority"], self.tasks[name]["captured_at_us"], name))

    def _is_free(self, name: str, now: int) -> bool:
        lease = self.leases.get(name)
        if lease is None:
            return True
        task = self.tasks[name]
        anew = task["state"] == "reopened" or lease["answered_at"] < task["changed_at_us"] - SETTLED_US
        waiting = lease["answered"] is None or (lease["answered"] < task["revision"] and anew)
        return waiting and (lease["holder"] is None or lease["expires"] <= now)

    def take(self, name: str, person: Labeler, now: int) -> None:
        old = self.leases.get(name, {"token": 0, "answered": None, "answered_at": 0})
        self.leases[name] = {
            "token": max(old["token"] + 1, now),
            "answered": old["answered"],
            "answered_at": old["answered_at"],
            "holder": person.name,
            "claimed": now,
            "expires": now + LEASE_US,
        }


@dataclass
class _Held:
    pairs: list[tuple[str, str, int]] = field(default_factory=list)  # who, task, token: everything ever given


class LeaseMachine(RuleBasedStateMachine):
    """Claims, heartbeats, answers, time and the queue's changes in any order."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.model, self.now, self.given = _Model(), NOW, _Held()
        with self.database.write() as session:
            session.execute(delete(LeaseRow))
            session.execute(delete(TaskRow))

    @rule(
        number=st.integers(1, 6),
        edge=st.sampled_from(["press-1", "press-2"]),
        priority=st.sampled_from([1.0, 2.0]),
        skill=st.sampled_from([None, "expert", "glass"]),
        excluded=st.lists(st.sampled_from(sorted(PEOPLE)), max_size=2, unique=True),
        state=st.sampled_from(["opened", "reopened", "closed"]),
    )
    def task_changes(
        self, number: int, edge: str, priority: float, skill: str | None, excluded: list[str], state: str
    ) -> None:
        name = f"cam-1/{number}/first"
        revision = self.model.tasks.get(name, {"revision": 0})["revision"] + 1
        row = task_row(
            number,
            edge_id=edge,
            priority=priority,
            skill=skill,
            excluded_labelers=excluded,
            state=state,
            revision=revision,
            changed_at_us=self.now,
        )
        fields = (
            "state",
            "edge_id",
            "skill",
            "excluded_labelers",
            "priority",
            "captured_at_us",
            "revision",
            "changed_at_us",
        )
        self.model.tasks[name] = {one: getattr(row, one) for one in fields}
        fill(self.database, row)

    @rule(who=st.sampled_from(sorted(PEOPLE)), edge=st.sampled_from([None, "press-1"]), count=st.integers(1, 4))
    def claims(self, who: str, edge: str | None, count: int) -> None:
        person = PEOPLE[who]
        own = self.model.own(person, edge, self.now)[:count]
        expected = own + self.model.free(person, edge, self.now)[: count - len(own)]
        got = claimed(self.database, person, count, edge, self.now)
        for name in expected:
            if name in own:
                self.model.leases[name]["expires"] = self.now + LEASE_US
            else:
                self.model.take(name, person, self.now)
        assert sorted(ids(got)) == sorted(expected)
        assert ids(got)[len(own) :] == expected[len(own) :]
        assert all(lease.fencing_token == self.model.leases[lease.task_id]["token"] for lease in got)
        self.given.pairs += [(who, lease.task_id, lease.fencing_token) for lease in got]

    @rule(by_us=st.sampled_from([1, LEASE_US // 2, LEASE_US - 1, LEASE_US, SETTLED_US + 1]))
    def time_passes(self, by_us: int) -> None:
        self.now += by_us

    @rule(data=st.data())
    def heartbeat(self, data: st.DataObject) -> None:
        who, name, token = self._any_given(data)
        lease, task = self.model.leases[name], self.model.tasks[name]
        held = lease["holder"] == who and lease["token"] == token and task["state"] != "closed"
        with self.database.write() as session:
            kept = renew(session, who, [(name, token)], now_us=self.now, lease_us=LEASE_US)
        assert bool(kept) == held
        if held:
            lease["expires"] = self.now + LEASE_US

    @rule(data=st.data())
    def gives_back(self, data: st.DataObject) -> None:
        who, name, token = self._any_given(data)
        with self.database.write() as session:
            release(session, who, [(name, token)])
        lease = self.model.leases[name]
        if lease["holder"] == who and lease["token"] == token:
            lease["holder"] = None

    @rule(data=st.data())
    def answers(self, data: st.DataObject) -> None:
        who, name, token = self._any_given(data)
        lease = self.model.leases[name]
        if lease["holder"] == who and lease["token"] == token:
            lease["answered"], lease["answered_at"] = self.model.tasks[name]["revision"], self.now
            lease["holder"] = None
            answered(self.database, name, lease["answered"], self.now)

    def _any_given(self, data: st.DataObject) -> tuple[str, str, int]:
        if not self.given.pairs:
            fill(self.database, task_row(9))
            self.model.tasks["cam-1/9/first"] = {
                "state": "opened",
                "edge_id": "press-1",
                "skill": None,
                "excluded_labelers": [],
                "priority": 1.0,
                "captured_at_us": NOW + 9,
                "revision": 1,
                "changed_at_us": NOW,
            }
            best = claimed(self.database, ANN, 1, None, self.now)
            self.given.pairs = [("ann", lease.task_id, lease.fencing_token) for lease in best]
            for lease in best:
                self.model.take(lease.task_id, ANN, self.now)
        return data.draw(st.sampled_from(self.given.pairs))

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        with self.database.read() as session:
            rows = {row.task_id: row for row in session.scalars(select(LeaseRow))}
        assert {
            name: (row.fencing_token, row.holder, row.expires_at_us, row.answered_revision)
            for name, row in rows.items()
        } == {
            name: (lease["token"], lease["holder"], lease["expires"], lease["answered"])
            for name, lease in self.model.leases.items()
        }

    @invariant()
    def a_token_was_given_to_one_person_only(self) -> None:
        owners: dict[tuple[str, int], set[str]] = {}
        for who, name, token in self.given.pairs:
            owners.setdefault((name, token), set()).add(who)
        assert all(len(people) == 1 for people in owners.values())


def test_leases_are_what_the_model_says_whatever_happens(database: Database) -> None:
    machine: type[LeaseMachine] = type("Machine", (LeaseMachine,), {"database": database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize("people", [8])
def test_many_who_claim_at_once_never_share_a_task(database: Database, people: int) -> None:
    tasks = 60
    fill(database, *(task_row(number, priority=float(number % 3)) for number in range(tasks)))
    got: Counter[str] = Counter()
    failures: list[BaseException] = []
    lock, start = threading.Lock(), threading.Barrier(people)

    def work(name: str) -> None:
        try:
            start.wait()
            while leases := claimed(database, Labeler(name, frozenset()), 3):
                for lease in leases:
                    answered(database, lease.task_id, 1)
                with lock:
                    got.update(ids(leases))
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"person-{number}",)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert got == Counter({f"cam-1/{number}/first": 1 for number in range(tasks)})
