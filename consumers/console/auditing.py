"""Audit events: who changed what. Recorded in a transaction, then sent to Kafka; none that was recorded is ever lost.

    with services.database.write() as session:
        ...                                                        # the change
        record(session, caller, "policy.set", edge_id, at_us=services.clock(), before=..., after=...)

A change in the database and its event are one transaction: both or neither. A change that is a record in Kafka (a
policy, a wish for labels) is acknowledged there first and recorded then: a console that dies between the two leaves the
change without its event, though not without its author, whom the record itself names.

The event shows in the console once it went round through the topic `audit` and the projection.
"""

import logging
import threading
import uuid
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from consumers.console.database import Database
from consumers.console.errors import NotPublishedError
from consumers.console.metrics import ConsoleMetrics
from consumers.console.publishing import Outgoing, Publisher
from consumers.console.tables.outbox import OutboxRow
from schemas.records import AuditEvent
from schemas.topics import AUDIT

_AT_ONCE: Final = 200
_EVERY_S: Final = 1.0
_AFTER_FAILURE_S: Final = 3.0
_LOG: Final = logging.getLogger(__name__)


class Actor(Protocol):
    """Who does something: a Caller, or the command line."""

    @property
    def name(self) -> str: ...

    @property
    def role(self) -> str: ...

    @property
    def address(self) -> str | None: ...


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    *,
    at_us: int,
    before: Any = None,
    after: Any = None,
    reason: str | None = None,
) -> None:
    """Record that `actor` did `action` (such as `person.change`) to `subject`; no secrets in `before`, `after`."""
    event = AuditEvent(
        audit_id=uuid.uuid4().hex,
        at_us=at_us,
        actor=actor.name,
        role=actor.role,
        action=action,
        subject=subject,
        before=_json(before),
        after=_json(after),
        reason=reason,
        address=actor.address,
    )
    session.add(OutboxRow(event=msgspec.to_builtins(event)))


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def send_waiting(database: Database, publisher: Publisher) -> int:
    """Send the oldest events that wait, in their order, and forget them; gives how many there were.

    A process that dies between the two sends them again: readers drop an audit_id they have seen.

    Raises:
        NotPublishedError: Kafka does not take them; they stay.
    """
    with database.read() as session:
        oldest = list(session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id).limit(_AT_ONCE)))
    events = [msgspec.convert(row.event, AuditEvent) for row in oldest]
    publisher.send_all(Outgoing(topic=AUDIT, record=event, event_id=event.event_id, key=None) for event in events)
    if oldest:
        with database.write() as session:
            session.execute(delete(OutboxRow).where(OutboxRow.outbox_id.in_([row.outbox_id for row in oldest])))
    return len(oldest)


class AuditSender:
    """A thread that sends what waits. Several consoles may send at once: an event sent twice counts once."""

    def __init__(self, database: Database, publisher: Publisher, metrics: ConsoleMetrics) -> None:
        self._database, self._publisher, self._metrics = database, publisher, metrics
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="console-audit", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more; what waits is sent after the next start."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        wait, failing = _EVERY_S, False
        while not self._stopped.wait(wait):
            try:
                sent = send_waiting(self._database, self._publisher)
                self._metrics.audit_waiting.set(waiting(self._database))
            except (NotPublishedError, DBAPIError) as error:
                if not failing:
                    _LOG.warning("audit events wait: %s", error)
                wait, failing = _AFTER_FAILURE_S, True
            else:
                wait, failing = 0.0 if sent == _AT_ONCE else _EVERY_S, False


def waiting(database: Database) -> int:
    """How many events Kafka does not have yet."""
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(OutboxRow)) or 0
