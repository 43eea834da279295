"""From a decision to a record in Kafka, once, whatever dies in between.

1. In one transaction the lease is checked and the label is written down as `pending`: from here on nobody can claim the
   task, and the label's id and content never change.
2. The label is published and its acknowledgement awaited.
3. The row becomes `sent`.

Killed before 1: nothing happened, the draft is there. Killed after it: the row is `pending`, and `resend` publishes the
same label with the same id, as does the person's own retry; readers drop an id they have seen. So none is lost and none
counts twice.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final, Protocol

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from consumers.console.database import Database
from consumers.console.errors import NotPublishedError, ProblemError
from consumers.console.labeling import drafts
from consumers.console.labeling.answers import Answer, check_answer, corrected_label, first_label, original_id, says
from consumers.console.projection.catching_up import check_caught_up
from consumers.console.tables.edges import PolicyRow
from consumers.console.tables.inspections import InspectionRow
from consumers.console.tables.labels import LabelRow, TaskRow
from consumers.console.tables.leases import LeaseRow, SubmissionRow
from schemas.records import Label, Record
from schemas.topics import LABELS, Topic

_Bounds = tuple[Sequence[str], tuple[int, int] | None]
PATIENCE_US: Final = 15_000_000
"""A label pending for so long is sent again: its request is over, as a publisher gives up earlier."""
KEPT_US: Final = 7 * 24 * 3_600_000_000
"""A label that was sent is forgotten here after so long: by then the projection has it."""
_BATCH: Final = 200
_log = logging.getLogger(__name__)


class Sender(Protocol):
    """What sends a record and returns once it is acknowledged, or raises NotPublishedError."""

    def send(self, topic: Topic, record: Record, *, event_id: str, key: str | None) -> None:
        """Send."""


class Submitter:
    """Takes decisions. Safe to share between threads; one a process."""

    def __init__(self, database: Database, sender: Sender, clock: Callable[[], int]) -> None:
        self._database, self._sender, self._clock = database, sender, clock
        self._on_its_way: dict[str, Future[None]] = {}
        self._lock = threading.Lock()

    def submit(self, labeler: str, task_id: str, fencing_token: int, answer: Answer) -> Label:
        """Answer a task; returns the label once Kafka has it.

        The same answer again gives the same label. Raises ProblemError: 422 for an impossible answer, 409 `lease_lost`,
        `task_closed` or `already_submitted` (the answer is kept as the draft), 503 `broker_away` (the label is kept and
        sent as soon as Kafka is back), 503 `catching_up` (nothing is kept: send it again).
        """
        try:
            # Read before the write begins: all other writers wait for each query in it.
            with self._database.read() as session:
                task = session.get(TaskRow, task_id)
                bounds = None if task is None else _bounds(session, task)
            with self._database.write() as session:
                label = self._written_down(session, labeler, task_id, fencing_token, answer, bounds)
        except ProblemError as problem:
            if problem.status == 409:
                self._keep(labeler, task_id, fencing_token, answer)
            raise
        self._deliver(label)
        return label

    def correct(self, labeler: str, label_id: str, answer: Answer) -> Label:
        """Another version of one of the person's own labels; returns it once Kafka has it."""
        with self._database.write() as session:
            label = self._corrected(session, labeler, original_id(label_id), answer)
        self._deliver(label)
        return label

    def resend(self) -> int:
        """Send what a console that died or a broker that was away left pending; returns how many were sent."""
        sent = 0
        for label in self._stranded():
            try:
                self._deliver(label)
            except ProblemError as problem:
                _log.warning("label %s is still pending: %s", label.label_id, problem.detail)
                break
            sent += 1
        return sent

    def forget_old(self) -> None:
        """Delete drafts and sent labels that are long past."""
        now = self._clock()
        with self._database.write(durable=False) as session:
            drafts.discard_old(session, now)
            sent = delete(SubmissionRow).where(
                SubmissionRow.state == "sent", SubmissionRow.labeled_at_us < now - KEPT_US
            )
            session.execute(sent)

    def _written_down(
        self,
        session: Session,
        labeler: str,
        task_id: str,
        fencing_token: int,
        answer: Answer,
        bounds: _Bounds | None,
    ) -> Label:
        # Locked first: two requests with one token, as of a double click, then come one after the other.
        lease = session.get(LeaseRow, task_id, with_for_update=True)
        task = session.get(TaskRow, task_id)
        if lease is None:
            raise ProblemError(404, "task_unknown", f"there is no task {task_id!r} that was claimed")
        label_id = f"{task_id}/{fencing_token}"
        known = session.get(SubmissionRow, label_id)
        if known is not None:
            return _same(known, labeler, answer)
        check_caught_up(session)
        if task is None:  # nothing of it is in the topic any more: the frame's next task took its place
            raise ProblemError(
                409, "task_closed", "the task is long closed: your answer is kept as a draft, take the next"
            )
        _check_lease(lease, task, labeler, fencing_token)
        check_answer(answer, *(bounds or ((), None)))
        now = self._clock()
        label = first_label(task, answer, label_id, labeler, now)
        session.add(_row(label, task_id, now))
        lease.answered_revision, lease.answered_at_us, lease.holder = task.revision, now, None
        return label

    def _corrected(self, session: Session, labeler: str, label_id: str, answer: Answer) -> Label:
        session.get(LeaseRow, label_id.rpartition("/")[0], with_for_update=True)
        latest = latest_version(session, labeler, label_id)
        if latest is None or latest.task_id is None:
            check_caught_up(session)
        if latest is None or latest.task_id is None:
            raise ProblemError(
                404, "label_unknown", f"{label_id!r} is no label of yours: only your own can be corrected"
            )
        if says(latest, answer):
            return latest
        task = session.get(TaskRow, latest.task_id)
        check_answer(answer, *(((), None) if task is None else _bounds(session, task)))
        label = corrected_label(latest, answer, self._clock())
        session.add(_row(label, latest.task_id, self._clock()))
        return label

    def _keep(self, labeler: str, task_id: str, fencing_token: int, answer: Answer) -> None:
        """Keep an answer that came too late as the person's draft."""
        with self._database.write(durable=False) as session:
            drafts.save(
                session,
                labeler,
                task_id,
                fencing_token,
                outcome=answer.outcome,
                label=answer.label,
                boxes=answer.boxes,
                note=answer.note,
                now_us=self._clock(),
            )

    def _deliver(self, label: Label) -> None:
        """Publish a label that is written down and mark it; who asks while it is on its way waits for the same."""
        with self._lock:
            sending = self._on_its_way.get(label.label_id)
            mine = sending is None
            if sending is None:
                sending = self._on_its_way[label.label_id] = Future()
        if not mine:
            return sending.result()
        try:
            self._publish(label)
        except BaseException as error:
            sending.set_exception(error)
            raise
        else:
            sending.set_result(None)
        finally:
            with self._lock:
                del self._on_its_way[label.label_id]

    def _publish(self, label: Label) -> None:
        with self._database.read() as session:
            row = session.get(SubmissionRow, label.label_id)
            if row is None or row.state == "sent":
                return  # none: an old label, projected from the topic, that was corrected to what it says already
        try:
            self._sender.send(LABELS, label, event_id=label.event_id, key=label.edge_id)
        except NotPublishedError as error:
            detail = f"Kafka is away: your label is kept and sent as soon as it is back; nothing to do ({error})"
            raise ProblemError(503, "broker_away", detail, headers={"Retry-After": "5"}) from error
        with self._database.write(durable=False) as session:
            session.execute(update(SubmissionRow).where(SubmissionRow.label_id == label.label_id).values(state="sent"))
            if label.task_id is not None and label.round != "correction":
                drafts.discard(session, label.labeler, label.task_id)

    def _stranded(self) -> list[Label]:
        """Pending labels that nobody is sending, each taken by this console for the next PATIENCE_US."""
        now = self._clock()
        waiting = (SubmissionRow.state == "pending", SubmissionRow.attempted_at_us <= now - PATIENCE_US)
        with self._database.read() as session:
            if session.scalar(select(SubmissionRow.label_id).where(*waiting).limit(1)) is None:
                return []
        with self._database.write(durable=False) as session:
            query = select(SubmissionRow).where(*waiting).order_by(SubmissionRow.labeled_at_us).limit(_BATCH)
            rows = session.scalars(query.with_for_update(skip_locked=True)).all()
            for row in rows:
                row.attempted_at_us = now
            return [msgspec.convert(row.label, Label) for row in rows]


def _check_lease(lease: LeaseRow, task: TaskRow, labeler: str, fencing_token: int) -> None:
    if task.state == "closed":
        why = f" ({task.close_reason})" if task.close_reason else ""
        raise ProblemError(
            409, "task_closed", f"the task was closed{why}: your answer is kept as a draft, take the next"
        )
    if lease.fencing_token != fencing_token or lease.holder != labeler:
        detail = "the task was given back or somebody else has it now: your answer is kept as a draft, take the next"
        raise ProblemError(409, "lease_lost", detail)


def _same(known: SubmissionRow, labeler: str, answer: Answer) -> Label:
    label = msgspec.convert(known.label, Label)
    if label.labeler != labeler or not says(label, answer):
        detail = f"this task was answered already, as {label.label or label.outcome!r}: correct that label instead"
        raise ProblemError(409, "already_submitted", detail)
    return label


def _bounds(session: Session, task: TaskRow) -> _Bounds:
    """The classes of the task's edge, and the size of its image where an inspection told it."""
    policy = session.get(PolicyRow, task.edge_id)
    inspection = session.get(InspectionRow, (task.camera_id, task.sequence))
    known = inspection is not None and inspection.image_width > 0
    size = (inspection.image_width, inspection.image_height) if inspection is not None and known else None
    return ([] if policy is None else policy.classes), size


def _row(label: Label, task_id: str, now_us: int) -> SubmissionRow:
    return SubmissionRow(
        label_id=label.label_id,
        task_id=task_id,
        edge_id=label.edge_id,
        labeler=label.labeler,
        round=label.round,
        version=label.version,
        labeled_at_us=label.labeled_at_us,
        seconds_taken=label.seconds_taken,
        state="pending",
        attempted_at_us=now_us,
        label=msgspec.to_builtins(label),
    )


def latest_version(session: Session, labeler: str, label_id: str) -> Label | None:
    """The newest version of a person's label, by the id of its first; from here or, when long past, the projection."""
    task_id = label_id.rpartition("/")[0]
    submitted = select(SubmissionRow.label).where(SubmissionRow.task_id == task_id, SubmissionRow.labeler == labeler)
    projected = select(LabelRow).where(LabelRow.task_id == task_id, LabelRow.labeler == labeler)
    versions = [msgspec.convert(label, Label) for label in session.scalars(submitted)]
    versions += [label_of(row) for row in session.scalars(projected)]
    mine = [label for label in versions if original_id(label.label_id) == label_id]
    return max(mine, key=lambda label: label.version, default=None)


def label_of(row: LabelRow) -> Label:
    """The record that a projected row came from."""
    return msgspec.convert({name: getattr(row, name) for name in Label.__struct_fields__}, Label)
