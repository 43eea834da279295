"""Inspections: a page of them by what people ask for, and everything about one frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from consumers.console.cursors import read_cursor, write_cursor
from consumers.console.errors import ProblemError
from consumers.console.keys import is_one_of
from consumers.console.labeling.task_views import image_url, thumbnail_url
from consumers.console.tables.inspections import InspectionRow
from consumers.console.tables.labels import ImageLabelRow, LabelRow, TaskRow
from consumers.console.views.fields import boxes_of
from consumers.console.views.monitor import (
    FrameLabelView,
    FrameTaskView,
    InspectionDetailView,
    InspectionsView,
    InspectionView,
    LabelVersionView,
    LatencyView,
    LocationView,
    ModelView,
)

_KEY = (InspectionRow.captured_at_us, InspectionRow.camera_id, InspectionRow.sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for; None asks for anything. Times are Unix microseconds, `to_us` is not included."""

    edge_id: str | None = None
    camera_id: str | None = None
    verdict: str | None = None
    defect_class: str | None = None
    label: str | None = None
    from_us: int | None = None
    to_us: int | None = None
    min_score: float | None = None
    max_score: float | None = None
    labeled: bool | None = None


def search(session: Session, wanted: Wanted, cursor: str | None, limit: int) -> InspectionsView:
    """A page of inspections, newest first."""
    query = _matching(wanted)
    if cursor is not None:
        key = read_cursor(cursor, int, str, int)
        # The first condition says nothing new: it lets PostgreSQL start in the middle of an index.
        query = query.where(InspectionRow.captured_at_us <= key[0], tuple_(*_KEY) < tuple_(*key))
    query = query.order_by(*(column.desc() for column in _KEY)).limit(limit + 1)
    rows = session.execute(query).all()
    last = rows[limit - 1][0] if len(rows) > limit else None
    after = None if last is None else write_cursor((last.captured_at_us, last.camera_id, last.sequence))
    return InspectionsView.model_construct(
        items=[inspection_view(row, label) for row, label in rows[:limit]], next_cursor=after
    )


def _matching(wanted: Wanted) -> Select[InspectionRow, ImageLabelRow]:
    query = select(InspectionRow, ImageLabelRow)
    query = query.join(ImageLabelRow, ImageLabelRow.sha256 == InspectionRow.sha256, isouter=True)
    equal = {
        InspectionRow.edge_id: wanted.edge_id,
        InspectionRow.camera_id: wanted.camera_id,
        InspectionRow.verdict: wanted.verdict,
        InspectionRow.defect_class: wanted.defect_class,
    }
    query = query.where(*(column == value for column, value in equal.items() if value is not None))
    at, score = InspectionRow.captured_at_us, InspectionRow.score
    if wanted.from_us is not None:
        query = query.where(at >= wanted.from_us)
    if wanted.to_us is not None:
        query = query.where(at < wanted.to_us)
    if wanted.min_score is not None:
        query = query.where(score >= wanted.min_score)
    if wanted.max_score is not None:
        query = query.where(score <= wanted.max_score)
    if wanted.labeled is False:
        query = query.where(ImageLabelRow.label_id.is_(None))
    if wanted.label is None and not wanted.labeled:
        return query
    # From the few images with such a label to their frames: a walk along all frames would look up the label of each.
    labeled = select(ImageLabelRow.sha256)
    labeled = labeled if wanted.label is None else labeled.where(ImageLabelRow.label == wanted.label)
    return query.where(InspectionRow.sha256.in_(labeled))


def detail(session: Session, camera_id: str, sequence: int) -> InspectionDetailView:
    """Everything about one frame; ProblemError 404 when it is not known."""
    row = session.get(InspectionRow, (camera_id, sequence))
    if row is None:
        detail = f"frame {camera_id}/{sequence} was never inspected, or so long ago that only the archive has it"
        raise ProblemError(404, "inspection_unknown", detail)
    counts = session.get(ImageLabelRow, row.sha256)
    labels = select(LabelRow).where(LabelRow.camera_id == camera_id, LabelRow.sequence == sequence)
    tasks = select(TaskRow).where(TaskRow.camera_id == camera_id, TaskRow.sequence == sequence)
    task = session.scalar(tasks.order_by(TaskRow.changed_at_us.desc(), TaskRow.revision.desc()).limit(1))
    return InspectionDetailView.model_construct(
        **dict(inspection_view(row, counts)),
        frame=LocationView.model_construct(
            topic=row.frame_topic, partition=row.frame_partition, offset=row.frame_offset, sha256=row.sha256
        ),
        labels=[_version(label) for label in session.scalars(labels.order_by(LabelRow.labeled_at_us))],
        task=None if task is None else _task(task),
    )


def views_of(session: Session, keys: Sequence[Sequence[Any]]) -> list[InspectionView]:
    """The inspections with these (camera_id, sequence), in that order; those that are not there are left out."""
    wanted = [(str(camera_id), int(sequence)) for camera_id, sequence in keys]
    query = _matching(Wanted()).where(is_one_of(session, (InspectionRow.camera_id, InspectionRow.sequence), wanted))
    found = {(row.camera_id, row.sequence): inspection_view(row, label) for row, label in session.execute(query)}
    return [found[key] for key in wanted if key in found]


def inspection_view(row: InspectionRow, label: ImageLabelRow | None) -> InspectionView:
    """One inspection's view."""
    return InspectionView.model_construct(
        frame_id=f"{row.camera_id}/{row.sequence}",
        edge_id=row.edge_id,
        camera_id=row.camera_id,
        sequence=row.sequence,
        captured_at_us=row.captured_at_us,
        inspected_at_us=row.inspected_at_us,
        verdict=row.verdict,
        reason=row.reason,
        defect_class=row.defect_class,
        score=row.score,
        scores=row.scores,
        margin=row.margin,
        boxes=boxes_of(row.boxes),
        image_width=row.image_width,
        image_height=row.image_height,
        image_url=image_url(row.camera_id, row.sequence),
        thumbnail_url=thumbnail_url(row.camera_id, row.sequence),
        model=None if row.model is None else ModelView.model_construct(**row.model),
        config_revision=row.config_revision,
        part_id=row.part_id,
        product=row.product,
        brightness=row.brightness,
        blur=row.blur,
        latency_ms=_latency(row.latency),
        deadline_missed=row.deadline_missed,
        shadow=row.shadow,
        label=None if label is None else _label(label),
    )


def _latency(stages: dict[str, int]) -> LatencyView:
    values: dict[str, Any] = {name: stages[f"{name}_us"] / 1000 for name in LatencyView.model_fields}
    return LatencyView.model_construct(**values)


def _label(label: ImageLabelRow) -> FrameLabelView:
    return FrameLabelView.model_construct(
        label=label.label, outcome=label.outcome, labeler=label.labeler, labeled_at_us=label.labeled_at_us
    )


def _version(label: LabelRow) -> LabelVersionView:
    return LabelVersionView.model_construct(
        label_id=label.label_id,
        round=label.round,
        version=label.version,
        labeler=label.labeler,
        labeled_at_us=label.labeled_at_us,
        outcome=label.outcome,
        label=label.label,
        boxes=boxes_of(label.boxes),
        note=label.note,
    )


def _task(task: TaskRow) -> FrameTaskView:
    return FrameTaskView.model_construct(
        task_id=task.task_id, state=task.state, reason=task.reason, round=task.round, close_reason=task.close_reason
    )
