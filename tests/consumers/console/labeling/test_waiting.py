"""How many tasks wait for whom."""

from consumers.console.database import Database
from consumers.console.labeling.claims import Labeler, claim
from consumers.console.labeling.waiting import FRESH_US, Waiting
from tests.consumers.console.labeling.claiming import answered
from tests.consumers.console.labeling.rows import NOW, fill, task_row
from tests.consumers.console.services import FakeClock

ANN = Labeler("ann", frozenset())
BO = Labeler("bo", frozenset({"expert"}))


def test_each_counts_what_they_may_answer(database: Database) -> None:
    fill(
        database,
        task_row(1),
        task_row(2, skill="expert"),
        task_row(3, excluded_labelers=["ann", "cy"]),
        task_row(4, edge_id="press-2", excluded_labelers=["ann"]),
        task_row(5, state="closed"),
    )
    waiting = Waiting(database, FakeClock(NOW))
    assert waiting.by_edge(ANN) == {"press-1": (1, NOW + 1)}
    assert waiting.by_edge(BO) == {"press-1": (3, NOW + 1), "press-2": (1, NOW + 4)}
    assert (waiting.left(BO, None), waiting.left(BO, "press-2"), waiting.left(BO, "press-9")) == (4, 1, 0)


def test_what_is_answered_does_not_wait_and_what_is_held_does(database: Database) -> None:
    clock = FakeClock(NOW)
    fill(database, task_row(1), task_row(2))
    waiting = Waiting(database, clock)
    with database.write() as session:
        (lease,) = claim(session, ANN, None, 1, now_us=NOW, lease_us=1000)
    assert waiting.left(ANN, None) == 2
    answered(database, lease.task_id, 1)
    assert waiting.left(ANN, None) == 2  # counted just now
    clock.pass_s(FRESH_US / 1e6)
    assert waiting.left(ANN, None) == 1
    fill(database, task_row(1, state="reopened", revision=2, excluded_labelers=["ann"]))
    clock.pass_s(FRESH_US / 1e6)
    assert (waiting.left(ANN, None), waiting.left(BO, None)) == (1, 2)
