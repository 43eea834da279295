"""How a person's day goes, and their last labels: from the projection, and from what it does not have yet."""

import statistics
from typing import Any, Final

import msgspec
from sqlalchemy import Select, exists, func, literal, select
from sqlalchemy.orm import Session

from consumers.console.labeling.answers import original_id
from consumers.console.labeling.claims import Labeler
from consumers.console.labeling.submitting import label_of
from consumers.console.labeling.task_views import Seen, tasks_by_id
from consumers.console.labeling.waiting import Waiting
from consumers.console.tables.labels import LabelRow, TaskRow
from consumers.console.tables.leases import SubmissionRow
from consumers.console.views.fields import boxes_of
from consumers.console.views.labeling import ProgressView, RecentLabelView
from schemas.records import Label

DAY_US: Final = 86_400_000_000
RECENT: Final = 10
_VERSIONS: Final = 60  # rows looked at for ten labels: corrections are rows too
_PACE: Final = 50  # labels whose times make the pace


def day_start_us(now_us: int, offset_minutes: int) -> int:
    """When the day began for somebody whose clock is `offset_minutes` ahead of UTC, Unix microseconds.

    >>> day_start_us(90_000_000_000, 0), day_start_us(90_000_000_000, 540)
    (86400000000, 54000000000)
    """
    offset_us = offset_minutes * 60_000_000
    return (now_us + offset_us) // DAY_US * DAY_US - offset_us


def progress(session: Session, waiting: Waiting, labeler: Labeler, edge_id: str | None, since_us: int) -> ProgressView:
    """Labels since `since_us` by the person and by all, the person's pace, and what is left for them."""
    pace: list[float] = list(session.scalars(_since(SubmissionRow, since_us, edge_id, labeler.name)))
    pace += list(session.scalars(_since(LabelRow, since_us, edge_id, labeler.name)))
    mine, team = (_count(session, since_us, edge_id, name) for name in (labeler.name, None))
    return ProgressView.model_construct(
        mine_today=mine,
        seconds_per_label=statistics.median(pace) if pace else None,
        queue_left=waiting.left(labeler, edge_id),
        team_today=team,
    )


def _since(table: Any, since_us: int, edge_id: str | None, name: str) -> Select[Any]:
    query = select(table.seconds_taken).where(table.labeler == name, table.labeled_at_us >= since_us)
    query = query.where(table.round != "correction").order_by(table.labeled_at_us.desc()).limit(_PACE)
    return query if edge_id is None else query.where(table.edge_id == edge_id)


def _count(session: Session, since_us: int, edge_id: str | None, name: str | None) -> int:
    """Labels of the projection, and those submitted here that it does not have yet."""
    total = 0
    for table in (LabelRow, SubmissionRow):
        query = select(func.count()).select_from(table)
        query = query.where(table.labeled_at_us >= since_us, table.round.not_in(("correction", "imported")))
        if name is not None:
            query = query.where(table.labeler == name)
        if edge_id is not None:
            query = query.where(table.edge_id == edge_id)
        if table is SubmissionRow:
            query = query.where(~exists(select(literal(1)).where(LabelRow.label_id == SubmissionRow.label_id)))
        total += session.scalar(query) or 0
    return total


def recent(session: Session, labeler: str) -> list[RecentLabelView]:
    """The person's last ten labels of frames, newest versions, newest first."""
    submitted = select(SubmissionRow.label).where(SubmissionRow.labeler == labeler)
    submitted = submitted.order_by(SubmissionRow.labeled_at_us.desc()).limit(_VERSIONS)
    projected = select(LabelRow).where(LabelRow.labeler == labeler, LabelRow.task_id.is_not(None))
    projected = projected.order_by(LabelRow.labeled_at_us.desc()).limit(_VERSIONS)
    labels = [msgspec.convert(label, Label) for label in session.scalars(submitted)]
    labels += [label_of(row) for row in session.scalars(projected)]
    newest = _newest(labels)[:RECENT]
    tasks = tasks_by_id(session, [label.task_id for label in newest if label.task_id is not None])
    seen = Seen.of(session, labeler, tasks.values())
    return [_view(label, seen, tasks[label.task_id]) for label in newest if label.task_id in tasks]


def _newest(labels: list[Label]) -> list[Label]:
    """The newest version of each label; the order is that of their first versions, newest first."""
    versions: dict[str, Label] = {}
    began: dict[str, int] = {}
    for label in labels:
        first = original_id(label.label_id)
        began[first] = min(began.get(first, label.labeled_at_us), label.labeled_at_us)
        if first not in versions or versions[first].version < label.version:
            versions[first] = label
    return [versions[first] for first in sorted(versions, key=lambda first: began[first], reverse=True)]


def _view(label: Label, seen: Seen, task: TaskRow) -> RecentLabelView:
    return RecentLabelView.model_construct(
        label_id=label.label_id,
        task=seen.view(task, None),
        outcome=label.outcome,
        label=label.label,
        boxes=boxes_of(msgspec.to_builtins(label.boxes)),
        note=label.note,
        labeled_at_us=label.labeled_at_us,
        version=label.version,
    )
