"""Deleting what is too old, a little at a time; what a topic no longer holds, the console does not hold either."""

import time
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select

from consumers.console.auth import sessions
from consumers.console.keys import is_one_of
from consumers.console.projection.changes import table_of
from consumers.console.tables.edges import AlarmRow, MinuteRow
from consumers.console.tables.inspections import InspectionRow
from consumers.console.tables.ledger import DeadLetterRow
from consumers.console.tables.progress import ChangeRow
from schemas.topics import ALARMS, DEAD_LETTERS, EDGE_STATISTICS

if TYPE_CHECKING:
    from consumers.console.services import Services

KEEP_DAYS: Final = 30.0
"""Inspections are kept so long unless told otherwise: as long as their topic keeps them."""
_DAY_US: Final = 86_400_000_000
_MS_A_DAY: Final = 86_400_000
_CHANGES_KEPT_DAYS: Final = 1 / 144  # ten minutes: only browsers that are connected read them
_EVERY_S: Final = 60.0
_AT_ONCE: Final = 2000  # rows of one transaction: nobody waits for long


class Housekeeping:
    """Deletes at most so often and so much; `run` it as often as you like."""

    def __init__(self, services: "Services", *, keep_days: float) -> None:
        self._services = services
        self._ages: list[tuple[Any, Any, float]] = [
            (InspectionRow, InspectionRow.captured_at_us, keep_days),
            (MinuteRow, MinuteRow.minute_us, (EDGE_STATISTICS.retention_ms or 0) / _MS_A_DAY),
            (AlarmRow, AlarmRow.at_us, (ALARMS.retention_ms or 0) / _MS_A_DAY),
            (DeadLetterRow, DeadLetterRow.at_us, (DEAD_LETTERS.retention_ms or 0) / _MS_A_DAY),
            (ChangeRow, ChangeRow.at_us, _CHANGES_KEPT_DAYS),
        ]
        self._next = 0.0

    def run(self) -> None:
        """Delete some, when it is time; soon again when there was more than some."""
        if time.monotonic() < self._next:
            return
        more = [self.purge(row, at, days) == _AT_ONCE for row, at, days in self._ages]
        with self._services.database.write(durable=False) as session:
            sessions.forget_old(session, self._services.clock(), self._services.settings.console_session_hours)
        self._next = time.monotonic() + (0.0 if any(more) else _EVERY_S)

    def purge(self, row: Any, at: Any, days: float) -> int:
        """Delete some rows older than so many days and give how many."""
        before = self._services.clock() - round(days * _DAY_US)
        key = list(table_of(row).primary_key)
        with self._services.database.write(durable=False) as session:
            old = [tuple(found) for found in session.execute(select(*key).where(at < before).limit(_AT_ONCE))]
            for start in range(0, len(old), 200):
                session.execute(delete(row).where(is_one_of(session, key, old[start : start + 200])))
        return len(old)
