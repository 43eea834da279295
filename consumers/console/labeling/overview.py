"""Which edges have tasks for a person, how one tells the classes there, and how well people agree."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

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
_KEPT_US: Final = 60_000_000  # examples and agreement change slowly, and finding them takes a query a class


@dataclass(frozen=True, slots=True)
class Shown:
    """What changes slowly of an edge."""

    policy: PolicyRow
    examples: dict[str, list[str]]
    kappa: float | None


class Overview:
    """The edges to choose from. Safe to share between threads; one a process."""

    def __init__(self, database: Database, clock: Callable[[], int], waiting: Waiting) -> None:
        self._database, self._clock, self._waiting = database, clock, waiting
        self._shown: dict[str, Shown] = {}
        self._until = 0
        self._lock = threading.Lock()

    def edges(self, labeler: Labeler) -> list[LabelEdgeView]:
        """Every edge that has a policy or open tasks: those with most tasks for `labeler` first."""
        waiting = self._waiting.by_edge(labeler)
        shown = self._slow()
        views = [_view(edge_id, waiting.get(edge_id), shown.get(edge_id)) for edge_id in {*waiting, *shown}]
        return sorted(views, key=lambda view: (-view.open, view.edge_id))

    def _slow(self) -> dict[str, Shown]:
        """What changes slowly, read again once a minute; whoever comes meanwhile gets the last."""
        now = self._clock()
        if now >= self._until and self._lock.acquire(blocking=not self._shown):
            try:
                if now >= self._until:
                    with self._database.read() as session:
                        policies = list(session.scalars(select(PolicyRow)))
                        self._shown = {
                            policy.edge_id: Shown(policy, _examples(session, policy), _kappa(session, policy.edge_id))
                            for policy in policies
                        }
                    self._until = now + _KEPT_US
            finally:
                self._lock.release()
        return self._shown

    def forget(self) -> None:
        """Read everything again the next time: a policy was changed."""
        self._until = 0


def _examples(session: Session, policy: PolicyRow) -> dict[str, list[str]]:
    return {label: list(_example_urls(session, policy.edge_id, label)) for label in policy.classes}


def _example_urls(session: Session, edge_id: str, label: str) -> Iterable[str]:
    query = select(ImageLabelRow.sha256).where(ImageLabelRow.edge_id == edge_id, ImageLabelRow.label == label)
    return (f"/api/images/{sha256}?width={THUMBNAIL_WIDTH}" for sha256 in session.scalars(query.limit(EXAMPLES)))


def _kappa(session: Session, edge_id: str) -> float | None:
    query = select(MinuteRow.kappa).where(MinuteRow.edge_id == edge_id, MinuteRow.kappa.is_not(None))
    return session.scalar(query.order_by(MinuteRow.minute_us.desc()).limit(1))


def _view(edge_id: str, waiting: tuple[int, int] | None, shown: Shown | None) -> LabelEdgeView:
    policy = None if shown is None else shown.policy
    return LabelEdgeView.model_construct(
        edge_id=edge_id,
        line=None if policy is None else policy.line,
        product=None if policy is None else policy.product,
        open=0 if waiting is None else waiting[0],
        oldest_us=None if waiting is None else waiting[1],
        classes=[] if policy is None else policy.classes,
        draw_boxes=policy is not None and policy.draw_boxes,
        guide={} if policy is None else policy.guide,
        examples={} if shown is None else shown.examples,
        kappa=None if shown is None else shown.kappa,
    )
