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
from consumers.console.labeling.claims import SETTLED_US, Labeler, release, renew
from consumers.console.tables.labels import TaskRow
from consumers.console.tables.leases import LeaseRow
from tests.consumers.console.labeling.claiming import ANN, LEASE_US, PEOPLE, answered, claimed, ids
from tests.consumers.console.labeling.rows import NOW, fill, task_row


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
