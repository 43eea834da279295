"""How many tasks wait for whom: counted now and then for everybody, as fifty people ask and 20,000 tasks may wait."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from consumers.console.database import Database
from consumers.console.labeling.claims import OPEN_TASK, Labeler, unanswered
from consumers.console.tables.labels import TaskRow
from consumers.console.tables.leases import LeaseRow

FRESH_US: Final = 3_000_000
Kind = tuple[str, str | None]  # edge, skill


@dataclass(slots=True)
class Counted:
    """Open tasks that nobody has answered."""

    open: Counter[Kind] = field(default_factory=Counter)
    oldest_us: dict[Kind, int] = field(default_factory=dict)
    excluded: Counter[tuple[str, str | None, str]] = field(default_factory=Counter)  # edge, skill, person


class Waiting:
    """The counts, at most three seconds old. Safe to share between threads; one a process."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._counted: Counted | None = None
        self._until = 0

    def by_edge(self, labeler: Labeler) -> dict[str, tuple[int, int]]:
        """Edge: tasks that `labeler` may answer, and the capture time of the oldest of that skill."""
        counted = self._now()
        found: dict[str, tuple[int, int]] = {}
        for (edge_id, skill), count in counted.open.items():
            if skill is None or skill in labeler.skills:
                mine = count - counted.excluded[edge_id, skill, labeler.name]
                before, oldest = found.get(edge_id, (0, counted.oldest_us[edge_id, skill]))
                if mine > 0:
                    found[edge_id] = before + mine, min(oldest, counted.oldest_us[edge_id, skill])
        return found

    def left(self, labeler: Labeler, edge_id: str | None) -> int:
        """Tasks that `labeler` may answer, on one edge or on all."""
        by_edge = self.by_edge(labeler)
        return sum(count for edge, (count, _) in by_edge.items() if edge_id in (None, edge))

    def _now(self) -> Counted:
        if self._clock() >= self._until and self._lock.acquire(blocking=self._counted is None):
            try:
                if self._clock() >= self._until:
                    with self._database.read() as session:
                        self._counted = count(session)
                    self._until = self._clock() + FRESH_US
            finally:
                self._lock.release()
        return self._counted or Counted()


def count(session: Session) -> Counted:
    """Count what waits."""
    counted = Counted()
    kinds = select(TaskRow.edge_id, TaskRow.skill, func.count(), func.min(TaskRow.captured_at_us))
    kinds = kinds.outerjoin(LeaseRow, LeaseRow.task_id == TaskRow.task_id).where(OPEN_TASK, unanswered())
    for edge_id, skill, number, oldest_us in session.execute(kinds.group_by(TaskRow.edge_id, TaskRow.skill)):
        counted.open[edge_id, skill] = number
        counted.oldest_us[edge_id, skill] = oldest_us
    excluding = select(TaskRow.edge_id, TaskRow.skill, TaskRow.excluded_labelers)
    excluding = excluding.outerjoin(LeaseRow, LeaseRow.task_id == TaskRow.task_id).where(OPEN_TASK, unanswered())
    for edge_id, skill, people in session.execute(excluding.where(cast(TaskRow.excluded_labelers, Text) != "[]")):
        counted.excluded.update((edge_id, skill, name) for name in set(people))
    return counted
