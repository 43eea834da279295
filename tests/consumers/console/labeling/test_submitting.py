"""Submitting: exactly one label whatever dies, and a plain word for whoever comes too late."""

import threading
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from consumers.console.database import Database
from consumers.console.errors import NotPublishedError, ProblemError
from consumers.console.labeling.answers import Answer
from consumers.console.labeling.claims import Labeler, claim
from consumers.console.labeling.submitting import KEPT_US, PATIENCE_US, Submitter, label_of
from consumers.console.projection.catching_up import end_catching_up
from consumers.console.projection.rebuilding import forget_projection
from consumers.console.tables.labels import LabelRow, TaskRow
from consumers.console.tables.leases import DraftRow, LeaseRow, SubmissionRow
from schemas.records import Box, Label, Record
from schemas.topics import Topic
from tests.consumers.console.labeling.rows import NOW, answer, fill, inspection_row, policy_row, task_row

LEASE_US = 180_000_000


class Killed(BaseException):
    """The process dies here."""


class Kafka:
    """What acknowledges, or fails as told: before the record is there, or behind it."""

    def __init__(self) -> None:
        self.labels: list[Label] = []
        self.before: BaseException | None = None
        self.behind: BaseException | None = None
        self.wait: threading.Event | None = None

    def send(self, topic: Topic, record: Record, *, event_id: str, key: str | None) -> None:
        assert isinstance(record, Label)
        assert (topic.name, event_id, key) == ("labels", record.label_id, record.edge_id)
        if self.wait is not None:
            self.wait.wait(30)
        if self.before is not None:
            raise self.before
        self.labels.append(record)
        if self.behind is not None:
            raise self.behind


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


@pytest.fixture
def submitter(database: Database, kafka: Kafka, clock: Clock) -> Submitter:
    fill(database, task_row(1), policy_row(), inspection_row(1))
    return Submitter(database, kafka, clock)


def take(database: Database, name: str = "ann", now_us: int = NOW) -> tuple[str, int]:
    """Claim one task; its id and token."""
    with database.write() as session:
        (lease,) = claim(session, Labeler(name, frozenset()), None, 1, now_us=now_us, lease_us=LEASE_US)
    return lease.task_id, lease.fencing_token


def nothing_free(database: Database) -> bool:
    with database.write() as session:
        return not claim(session, Labeler("zoe", frozenset()), None, 1, now_us=NOW + 100 * LEASE_US, lease_us=LEASE_US)


def test_a_label_says_who_what_and_of_which_frame(database: Database, submitter: Submitter, kafka: Kafka) -> None:
    task_id, token = take(database)
    label = submitter.submit("ann", task_id, token, answer(prediction_shown=True, note="at the rim"))
    assert kafka.labels == [label]
    assert label.label_id == f"{task_id}/{token}"
    assert (label.labeler, label.label, label.outcome, label.version, label.round) == (
        "ann",
        "scratch",
        "labeled",
        1,
        "first",
    )
    assert label.frame is not None
    assert (label.frame_id, label.sha256, label.frame.offset, label.labeled_at_us) == (
        "cam-1/1",
        label.frame.sha256,
        1,
        NOW,
    )
    assert label.prediction_shown is not None
    assert (label.prediction_shown.label, label.verdict_shown, label.note) == ("scratch", "review", "at the rim")
    assert nothing_free(database)


def test_a_second_label_never_says_that_it_saw_the_prediction(database: Database, kafka: Kafka, clock: Clock) -> None:
    fill(database, task_row(1, round="second"), policy_row())
    task_id, token = take(database)
    label = Submitter(database, kafka, clock).submit("ann", task_id, token, answer(prediction_shown=True))
    assert (label.prediction_shown, label.verdict_shown, label.round) == (None, None, "second")


def test_the_same_answer_again_is_the_same_label(database: Database, submitter: Submitter, kafka: Kafka) -> None:
    task_id, token = take(database)
    first = submitter.submit("ann", task_id, token, answer())
    assert submitter.submit("ann", task_id, token, answer(seconds_taken=9.0)) == first
    assert kafka.labels == [first]
    with pytest.raises(ProblemError, match="was answered already, as 'scratch'") as problem:
        submitter.submit("ann", task_id, token, answer(label="dent"))
    assert (problem.value.status, problem.value.code) == (409, "already_submitted")


def draft(database: Database, name: str) -> DraftRow | None:
    with database.read() as session:
        return session.get(DraftRow, ("cam-1/1/first", name))


def test_with_a_lost_lease_the_answer_is_kept_as_a_draft(database: Database, submitter: Submitter) -> None:
    task_id, token = take(database)
    other = take(database, "bo", NOW + LEASE_US)
    with pytest.raises(ProblemError, match="somebody else has it now: your answer is kept") as problem:
        submitter.submit("ann", task_id, token, answer(note="mine"))
    assert (problem.value.status, problem.value.code) == (409, "lease_lost")
    kept = draft(database, "ann")
    assert kept is not None
    assert (kept.label, kept.note, kept.boxes[0]["x"]) == ("scratch", "mine", 10)
    assert submitter.submit("bo", *other, answer()).labeler == "bo"
    # Now it is answered: still not Ann's, and nobody else's word is hers.
    with pytest.raises(ProblemError, match="given back or somebody else"):
        submitter.submit("ann", task_id, token, answer())
    with pytest.raises(ProblemError, match="answered already"):
        submitter.submit("ann", task_id, other[1], answer())


def test_a_closed_task_says_why_and_keeps_the_draft(database: Database, submitter: Submitter) -> None:
    task_id, token = take(database)
    fill(database, task_row(1, state="closed", revision=2, close_reason="displaced: the queue was full"))
    with pytest.raises(ProblemError, match=r"closed \(displaced: the queue was full\)") as problem:
        submitter.submit("ann", task_id, token, answer())
    assert (problem.value.status, problem.value.code) == (409, "task_closed")
    assert draft(database, "ann") is not None


def test_a_task_never_claimed_is_unknown(submitter: Submitter) -> None:
    with pytest.raises(ProblemError, match="no task 'cam-1/1/first' that was claimed") as problem:
        submitter.submit("ann", "cam-1/1/first", 1, answer())
    assert problem.value.status == 404


def test_an_answer_during_a_rebuild_is_to_be_sent_again(database: Database, submitter: Submitter, kafka: Kafka) -> None:
    task_id, token = take(database)
    forget_projection(database)
    for projected_again in (False, True):
        if projected_again:
            fill(database, task_row(1))  # half way through: whether it was closed later is not known yet
        with pytest.raises(ProblemError) as problem:
            submitter.submit("ann", task_id, token, answer())
        assert (problem.value.status, problem.value.code) == (503, "catching_up")
        assert draft(database, "ann") is None
    with database.write() as session:
        end_catching_up(session)
    assert submitter.submit("ann", task_id, token, answer()) == kafka.labels[0]
    forget_projection(database)
    assert submitter.submit("ann", task_id, token, answer()) == kafka.labels[0], "it was taken before"


def test_a_correction_of_a_label_not_yet_read_again_waits(database: Database, submitter: Submitter) -> None:
    forget_projection(database)
    with pytest.raises(ProblemError) as problem:
        submitter.correct("ann", "cam-1/9/first/1", answer())
    assert problem.value.code == "catching_up"


def test_a_task_that_is_gone_for_good_is_closed(database: Database, submitter: Submitter) -> None:
    task_id, token = take(database)
    with database.write() as session:
        session.delete(session.get_one(TaskRow, task_id))
    with pytest.raises(ProblemError, match="long closed") as problem:
        submitter.submit("ann", task_id, token, answer())
    assert (problem.value.status, problem.value.code) == (409, "task_closed")
    assert draft(database, "ann") is not None


def test_an_impossible_answer_changes_nothing(database: Database, submitter: Submitter, kafka: Kafka) -> None:
    task_id, token = take(database)
    with pytest.raises(ProblemError, match="not one of this edge's: good, scratch, dent"):
        submitter.submit("ann", task_id, token, answer(label="crack"))
    with pytest.raises(ProblemError, match="the frame is 640 x 480"):
        submitter.submit("ann", task_id, token, answer(image_width=1280))
    assert kafka.labels == []
    assert submitter.submit("ann", task_id, token, answer()).label == "scratch"


def test_the_draft_goes_with_the_submit(database: Database, submitter: Submitter) -> None:
    task_id, token = take(database)
    fill(
        database,
        DraftRow(
            task_id=task_id,
            labeler="ann",
            fencing_token=token,
            outcome=None,
            label=None,
            boxes=[],
            note=None,
            saved_at_us=NOW,
        ),
    )
    submitter.submit("ann", task_id, token, answer())
    assert draft(database, "ann") is None


def test_kafka_away_keeps_the_label_and_sends_it_later(
    database: Database, submitter: Submitter, kafka: Kafka, clock: Clock
) -> None:
    task_id, token = take(database)
    kafka.before = NotPublishedError("no broker")
    with pytest.raises(ProblemError, match="Kafka is away: your label is kept") as problem:
        submitter.submit("ann", task_id, token, answer())
    assert problem.value.status == 503
    assert nothing_free(database)
    clock.now += PATIENCE_US
    assert submitter.resend() == 0
    kafka.before = None
    assert submitter.resend() == 0  # it was tried this moment
    clock.now += PATIENCE_US
    assert submitter.resend() == 1
    assert [label.labeled_at_us for label in kafka.labels] == [NOW]
    assert submitter.submit("ann", task_id, token, answer()).label_id == f"{task_id}/{token}"
    assert len(kafka.labels) == 1


def test_a_double_click_sends_one_record(database: Database, submitter: Submitter, kafka: Kafka) -> None:
    task_id, token = take(database)
    kafka.wait = threading.Event()
    got: list[Label] = []
    clicks = [
        threading.Thread(target=lambda: got.append(submitter.submit("ann", task_id, token, answer()))) for _ in range(4)
    ]
    for click in clicks:
        click.start()
    while not submitter._on_its_way:
        threading.Event().wait(0.005)
    kafka.wait.set()
    for click in clicks:
        click.join()
    assert len(got) == 4
    assert len({label.label_id for label in got}) == len(kafka.labels) == 1


DEATHS = st.sampled_from(["none", "before", "behind", "marking"])


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deaths=st.lists(DEATHS, min_size=1, max_size=4), retries=st.booleans(), number=st.integers(10, 10**9))
def test_killed_anywhere_no_label_is_lost_and_none_counts_twice(
    database: Database, monkeypatch: pytest.MonkeyPatch, deaths: list[str], retries: bool, number: int
) -> None:
    with database.write() as session:
        for table in (SubmissionRow, LeaseRow, TaskRow):
            for row in session.scalars(select(table)):
                session.delete(row)
    fill(database, task_row(number), policy_row())
    kafka, clock = Kafka(), Clock()
    task_id, token = take(database, now_us=clock.now)
    for death in [*deaths, "none"]:
        submitter = Submitter(database, kafka, clock)  # a new process
        kafka.before = Killed() if death == "before" else None
        kafka.behind = Killed() if death == "behind" else None
        with monkeypatch.context() as patched:
            if death == "marking":
                patched.setattr("consumers.console.labeling.drafts.discard", _dies)
            clock.now += PATIENCE_US
            try:
                if retries or not kafka.labels:
                    submitter.submit("ann", task_id, token, answer())
                else:
                    submitter.resend()
            except Killed:
                pass
    with database.read() as session:
        assert [row.state for row in session.scalars(select(SubmissionRow))] == ["sent"]
    assert {label.label_id for label in kafka.labels} == {f"{task_id}/{token}"}
    assert len({msgspec.json.encode(label) for label in kafka.labels}) == 1
    assert nothing_free(database)


def _dies(*_arguments: Any) -> None:
    raise Killed


def test_corrections_are_versions_of_ones_own_label(
    database: Database, submitter: Submitter, kafka: Kafka, clock: Clock
) -> None:
    task_id, token = take(database)
    first = submitter.submit("ann", task_id, token, answer())
    clock.now += 5
    second = submitter.correct("ann", first.label_id, answer(label="dent", boxes=()))
    assert (second.label_id, second.version, second.round, second.task_id) == (
        f"{first.label_id}/v2",
        2,
        "correction",
        task_id,
    )
    assert (second.label, second.boxes, second.labeled_at_us, second.frame) == ("dent", [], NOW + 5, first.frame)
    assert submitter.correct("ann", second.label_id, answer(label="dent", boxes=())) == second  # sent again
    third = submitter.correct("ann", second.label_id, answer(outcome="unusable", label=None, boxes=()))
    assert (third.label_id, third.label) == (f"{first.label_id}/v3", None)
    assert [label.version for label in kafka.labels] == [1, 2, 3]
    with pytest.raises(ProblemError, match="only your own") as problem:
        submitter.correct("bo", first.label_id, answer())
    assert problem.value.status == 404


def test_a_label_known_only_from_the_topic_can_be_corrected(
    database: Database, submitter: Submitter, kafka: Kafka, clock: Clock
) -> None:
    task_id, token = take(database)
    first = submitter.submit("ann", task_id, token, answer())
    row = LabelRow(**msgspec.to_builtins(first))
    assert label_of(row) == first
    clock.now += KEPT_US + 1
    submitter.forget_old()
    fill(database, row)
    assert submitter.correct("ann", first.label_id, answer()) == first  # says it already
    assert submitter.correct("ann", first.label_id, answer(label="good", boxes=())).version == 2
    assert [label.version for label in kafka.labels] == [1, 2]


def test_boxes_of_a_person_carry_no_score(database: Database, submitter: Submitter) -> None:
    task_id, token = take(database)
    accepted: Answer = answer(boxes=(Box(label="scratch", x=1, y=2, w=3, h=4, score=0.9),))
    assert submitter.submit("ann", task_id, token, accepted).boxes == [Box(label="scratch", x=1, y=2, w=3, h=4)]
