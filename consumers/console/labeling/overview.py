"""Which edges have tasks for a person, how one tells the classes there, and how well people agree."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from consumers.console.database import Database
from consumers.console.labeling.claims import Labeler
from consumers.console.labeling.task_views import THUMBNAIL_WIDTH
from consumers.console.labeling.waiting import Waiting
from consumers.console.tables.edges import MinuteRow, PolicyRow
from consumers.console.tables.labels import ImageLabelRow
from consumers.console.views.labeling import LabelEdgeView

EXAMPLES: Final = 3
"""Example images of a class."""
KEPT_US: Final = 60_000_000
"""Examples and agreement change slowly, and finding them takes a query a class: once a minute will do."""
_POLICY: Final = (
    PolicyRow.edge_id,
    PolicyRow.line,
    PolicyRow.product,
    PolicyRow.classes,
    PolicyRow.draw_boxes,
    PolicyRow.guide,
)


@dataclass(frozen=True, slots=True)
class Looks:
    """What the classes of an edge look like, and how well people agree about them."""

    examples: dict[str, list[str]]
    kappa: float | None


class Overview:
    """The edges to choose from. Safe to share between threads; one a process."""

    def __init__(self, database: Database, clock: Callable[[], int], waiting: Waiting) -> None:
        self._database, self._clock, self._waiting = database, clock, waiting
        self._looks: dict[str, Looks] = {}
        self._until = 0
        self._lock = threading.Lock()

    def edges(self, labeler: Labeler) -> list[LabelEdgeView]:
        """Every edge that has a policy or open tasks: those with most tasks for `labeler` first."""
        waiting = self._waiting.by_edge(labeler)
        with self._database.read() as session:
            policies = {row.edge_id: row for row in session.execute(select(*_POLICY))}
            looks = self._slow(session, list(policies.values()))
        views = [
            _view(edge_id, waiting.get(edge_id), policies.get(edge_id), looks.get(edge_id))
            for edge_id in {*waiting, *policies}
        ]
        return sorted(views, key=lambda view: (-view.open, view.edge_id))

    def _slow(self, session: Session, policies: Sequence[Any]) -> dict[str, Looks]:
        """What changes slowly; whoever comes while it is read again gets the last."""
        if self._clock() >= self._until and self._lock.acquire(blocking=not self._looks):
            try:
                if self._clock() >= self._until:
                    self._looks = {
                        row.edge_id: Looks(
                            {label: _examples(session, row.edge_id, label) for label in row.classes},
                            _kappa(session, row.edge_id),
                        )
                        for row in policies
                    }
                    self._until = self._clock() + KEPT_US
            finally:
                self._lock.release()
        return self._looks


def _examples(session: Session, edge_id: str, label: str) -> list[str]:
    query = select(ImageLabelRow.sha256).where(ImageLabelRow.edge_id == edge_id, ImageLabelRow.label == label)
    return [f"/api/images/{sha256}?width={THUMBNAIL_WIDTH}" for sha256 in session.scalars(query.limit(EXAMPLES))]


def _kappa(session: Session, edge_id: str) -> float | None:
    query = select(MinuteRow.kappa).where(MinuteRow.edge_id == edge_id, MinuteRow.kappa.is_not(None))
    return session.scalar(query.order_by(MinuteRow.minute_us.desc()).limit(1))


def _view(edge_id: str, waiting: tuple[int, int] | None, policy: Any, looks: Looks | None) -> LabelEdgeView:
    return LabelEdgeView.model_construct(
        edge_id=edge_id,
        line=None if policy is None else policy.line,
        product=None if policy is None else policy.product,
        open=0 if waiting is None else waiting[0],
        oldest_us=None if waiting is None else waiting[1],
        classes=[] if policy is None else policy.classes,
        draw_boxes=policy is not None and policy.draw_boxes,
        guide={} if policy is None else policy.guide,
        examples={} if looks is None else looks.examples,
        kappa=None if looks is None else looks.kappa,
    )
