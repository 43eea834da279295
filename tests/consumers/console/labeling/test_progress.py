"""Progress and recent labels."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.console.database import Database
from consumers.console.labeling.answers import first_label
from consumers.console.labeling.claims import Labeler
from consumers.console.labeling.progress import DAY_US, day_start_us, progress, recent
from consumers.console.labeling.submitting import Submitter
from consumers.console.labeling.waiting import Waiting
from consumers.console.tables.labels import LabelRow
from consumers.console.tables.leases import LeaseRow
from consumers.console.views.labeling import ProgressView, RecentLabelView
from tests.consumers.console.labeling.rows import NOW, answer, fill, policy_row, task_row
from tests.consumers.console.services import FakeClock, KeepingPublisher

ANN = Labeler("ann", frozenset())


@given(st.integers(10**14, 2 * 10**15), st.integers(-840, 840))
def test_a_day_begins_at_midnight_of_ones_own_clock(now_us: int, offset: int) -> None:
    start = day_start_us(now_us, offset)
    assert start <= now_us < start + DAY_US
    assert (start + offset * 60_000_000) % DAY_US == 0


class Console:
    """A submitter that has answered tasks."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock, self.publisher = database, FakeClock(NOW), KeepingPublisher()
        self.submitter = Submitter(database, self.publisher, self.clock)
        fill(database, policy_row())

    def label(self, number: int, name: str = "ann", **changes: Any) -> str:
        task = task_row(number, **changes)
        fill(self.database, task)
        held = LeaseRow(
            task_id=task.task_id,
            fencing_token=1,
            holder=name,
            claimed_at_us=NOW,
            expires_at_us=NOW,
            answered_revision=None,
        )
        fill(self.database, held)
        self.clock.pass_s(1)
        said = answer(seconds_taken=float(number))
        return self.submitter.submit(name, task.task_id, 1, said).label_id

    def project(self) -> None:
        """What the topic `labels` says comes back."""
        labels = [msgspec.to_builtins(label) for label in self.publisher.records("labels")]
        fill(self.database, *(LabelRow(**label) for label in labels))

    def progress(self, edge_id: str | None = None, since_us: int = NOW) -> ProgressView:
        with self.database.read() as session:
            shown = progress(session, Waiting(self.database, self.clock), ANN, edge_id, since_us)
        return ProgressView.model_validate_json(shown.model_dump_json())

    def recent(self, name: str = "ann") -> list[RecentLabelView]:
        with self.database.read() as session:
            return recent(session, name)


@pytest.fixture
def console(database: Database) -> Console:
    return Console(database)


def test_a_label_counts_at_once_and_once(console: Console) -> None:
    fill(console.database, task_row(50), task_row(51, edge_id="press-2"), task_row(52, skill="expert"))
    for number in (1, 2, 6):
        console.label(number)
    console.label(9, "bo", edge_id="press-2")
    before = console.progress()
    console.project()
    assert console.progress() == before
    assert (before.mine_today, before.team_today, before.seconds_per_label, before.queue_left) == (3, 4, 2.0, 2)
    there = console.progress("press-2")
    assert (there.mine_today, there.team_today, there.queue_left) == (0, 1, 1)


def test_yesterday_and_corrections_do_not_count(console: Console) -> None:
    first = console.label(1)
    console.submitter.correct("ann", first, answer(label="good", boxes=()))
    assert console.progress().mine_today == 1
    console.clock.pass_s(86_400)
    nothing = console.progress(since_us=console.clock())
    assert (nothing.mine_today, nothing.team_today, nothing.seconds_per_label) == (0, 0, None)


def test_recent_labels_are_ones_own_in_their_newest_version(console: Console) -> None:
    names = [console.label(number) for number in range(1, 13)]
    console.label(20, "bo")
    console.submitter.correct("ann", names[4], answer(label="dent", boxes=()))
    expected = [name if name != names[4] else f"{name}/v2" for name in reversed(names)][:10]
    assert [label.label_id for label in console.recent()] == expected
    console.project()
    again = console.recent()
    assert [label.label_id for label in again] == expected
    assert {label.version for label in again} == {1, 2}
    corrected = next(label for label in again if label.version == 2)
    assert (corrected.label, corrected.task.lease, corrected.task.task_id) == ("dent", None, "cam-1/5/first")
    assert RecentLabelView.model_validate_json(corrected.model_dump_json()) == corrected
    assert [label.label_id for label in console.recent("bo")] == ["cam-1/20/first/1"]


def test_after_a_lost_database_the_topic_still_knows_them(console: Console) -> None:
    fill(console.database, task_row(3))
    label = first_label(task_row(3), answer(), "cam-1/3/first/1", "ann", NOW + 1)
    fill(console.database, LabelRow(**msgspec.to_builtins(label)))
    assert [one.label_id for one in console.recent()] == ["cam-1/3/first/1"]
    assert console.progress().mine_today == 1
