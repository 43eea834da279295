"""Tasks as people see them: what the task, its edge's policy, its frame's inspection, the lease and the draft say."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from consumers.console.keys import is_one_of
from consumers.console.labeling.answers import BLIND
from consumers.console.labeling.claims import Lease
from consumers.console.tables.edges import PolicyRow
from consumers.console.tables.inspections import InspectionRow
from consumers.console.tables.labels import LabelRow, TaskRow
from consumers.console.tables.leases import DraftRow
from consumers.console.views.fields import Outcome, boxes_of
from consumers.console.views.labeling import DraftView, EarlierView, LeaseView, PredictionView, TaskView

THUMBNAIL_WIDTH: Final = 320  # pixels: three to four in a row at 1440
_COMPARED: Final = ("first", "second")


def image_url(camera_id: str, sequence: int) -> str:
    """Where a frame's image is."""
    return f"/api/frames/{camera_id}/{sequence}/image"


def thumbnail_url(camera_id: str, sequence: int) -> str:
    """Where a frame's small image is."""
    return f"{image_url(camera_id, sequence)}?width={THUMBNAIL_WIDTH}"


def task_views(session: Session, labeler: str, leases: Sequence[Lease]) -> list[TaskView]:
    """The views of claimed tasks, in the order of `leases`."""
    tasks = tasks_by_id(session, [lease.task_id for lease in leases])
    seen = Seen.of(session, labeler, tasks.values())
    return [seen.view(tasks[lease.task_id], lease) for lease in leases if lease.task_id in tasks]


def tasks_by_id(session: Session, task_ids: Sequence[str]) -> dict[str, TaskRow]:
    """The tasks that there are, by id."""
    query = select(TaskRow).where(TaskRow.task_id.in_(task_ids))
    return {task.task_id: task for task in session.scalars(query)}


class Seen:
    """Everything that the views of some tasks need, read in a handful of queries."""

    def __init__(
        self,
        policies: Mapping[str, PolicyRow],
        sizes: Mapping[tuple[str, int], tuple[int, int]],
        drafts: Mapping[str, DraftRow],
        earlier: Mapping[str, list[EarlierView]],
    ) -> None:
        self._policies, self._sizes, self._drafts, self._earlier = policies, sizes, drafts, earlier

    @classmethod
    def of(cls, session: Session, labeler: str, tasks: Iterable[TaskRow]) -> "Seen":
        """Read it."""
        tasks = list(tasks)
        edges = {task.edge_id for task in tasks}
        policies = session.scalars(select(PolicyRow).where(PolicyRow.edge_id.in_(edges)))
        drafts = session.scalars(
            select(DraftRow).where(DraftRow.labeler == labeler, DraftRow.task_id.in_([task.task_id for task in tasks]))
        )
        return cls(
            {policy.edge_id: policy for policy in policies},
            _sizes(session, tasks),
            {draft.task_id: draft for draft in drafts},
            {task.task_id: earlier_labels(session, task) for task in tasks if task.round == "adjudication"},
        )

    def view(self, task: TaskRow, lease: Lease | None) -> TaskView:
        """One task's view."""
        blind = task.round == BLIND
        policy = self._policies.get(task.edge_id)
        width, height = self._sizes.get((task.camera_id, task.sequence), (None, None))
        return TaskView.model_construct(
            task_id=task.task_id,
            frame_id=f"{task.camera_id}/{task.sequence}",
            edge_id=task.edge_id,
            camera_id=task.camera_id,
            sequence=task.sequence,
            captured_at_us=task.captured_at_us,
            reason=task.reason,
            round=task.round,
            priority=task.priority,
            skill=task.skill,
            part_id=task.part_id,
            product=task.product,
            verdict=None if blind else task.verdict,
            prediction=None if blind or task.prediction is None else prediction_view(task.prediction),
            image_url=image_url(task.camera_id, task.sequence),
            thumbnail_url=thumbnail_url(task.camera_id, task.sequence),
            image_width=width,
            image_height=height,
            classes=[] if policy is None else policy.classes,
            draw_boxes=policy is not None and policy.draw_boxes,
            lease=None if lease is None else lease_view(lease),
            draft=_draft_view(self._drafts.get(task.task_id)),
            earlier=self._earlier.get(task.task_id, []),
        )


def _sizes(session: Session, tasks: Sequence[TaskRow]) -> dict[tuple[str, int], tuple[int, int]]:
    """Width and height of the tasks' images, as inspections told them."""
    keys = [(task.camera_id, task.sequence) for task in tasks]
    at = (InspectionRow.camera_id, InspectionRow.sequence)
    query = select(*at, InspectionRow.image_width, InspectionRow.image_height)
    query = query.where(is_one_of(session, at, keys), InspectionRow.image_width > 0)
    return {(camera, sequence): (width, height) for camera, sequence, width, height in session.execute(query)}


def earlier_labels(session: Session, task: TaskRow) -> list[EarlierView]:
    """The two labels that disagree, newest versions, without names and in an order that tells nothing of them."""
    query = select(LabelRow).where(LabelRow.camera_id == task.camera_id, LabelRow.sequence == task.sequence)
    latest: dict[str, LabelRow] = {}
    for row in session.scalars(query.order_by(LabelRow.version, LabelRow.labeled_at_us)):
        round_ = (row.task_id or "").rpartition("/")[2]  # a correction keeps the task of what it corrects
        if round_ in _COMPARED and row.outcome == "labeled":
            latest[round_] = row
    shuffled = sorted(latest.values(), key=lambda row: sha256(f"{task.task_id}/{row.label_id}".encode()).digest())
    names: tuple[Literal["A", "B"], ...] = ("A", "B")
    return [
        EarlierView.model_construct(
            who=who,
            outcome=cast("Outcome", row.outcome),
            label=row.label,
            boxes=boxes_of(row.boxes),
            note=row.note,
        )
        for who, row in zip(names, shuffled, strict=False)
    ]


def lease_view(lease: Lease) -> LeaseView:
    """A lease's view."""
    return LeaseView.model_construct(fencing_token=lease.fencing_token, expires_at_us=lease.expires_at_us)


def prediction_view(prediction: Mapping[str, Any]) -> PredictionView:
    """A prediction's view."""
    return PredictionView.model_construct(
        label=prediction["label"], score=prediction["score"], boxes=boxes_of(prediction["boxes"])
    )


def _draft_view(draft: DraftRow | None) -> DraftView | None:
    if draft is None:
        return None
    return DraftView.model_construct(
        outcome=cast("Outcome | None", draft.outcome),
        label=draft.label,
        boxes=boxes_of(draft.boxes),
        note=draft.note,
        saved_at_us=draft.saved_at_us,
    )
