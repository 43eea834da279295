"""What was done, and what nobody could read: newest first."""

from typing import Annotated, Any

from fastapi import APIRouter
from sqlalchemy import select, tuple_

from consumers.console.api.fields import Cursor, Limit
from consumers.console.auth.callers import Caller, requires
from consumers.console.cursors import read_cursor, write_cursor
from consumers.console.permissions import Permission
from consumers.console.services import ServicesDep
from consumers.console.tables.ledger import AuditRow, DeadLetterRow
from consumers.console.views.fields import Micros, View, Word, Words

router = APIRouter(tags=["audit"])


class AuditView(View):
    """Who changed what; `before` and `after` are JSON."""

    audit_id: str
    at_us: Micros
    actor: str
    role: str
    action: str
    subject: str
    before: str | None
    after: str | None
    reason: str | None
    address: str | None


class AuditPage(View):
    items: list[AuditView]
    next_cursor: str | None


class DeadLetterView(View):
    """What nobody could read, and where it lies: itself in `dead-letters` at `letter_offset`."""

    letter_id: str
    letter_offset: int
    reader: str
    at_us: Micros
    reason: str
    kind: str
    topic: str | None
    partition: int | None
    offset: int | None
    origin: str | None
    size: int


class DeadLetterPage(View):
    items: list[DeadLetterView]
    next_cursor: str | None


@router.get("/audit")
def audit(
    _caller: Annotated[Caller, requires(Permission.READ_AUDIT)],
    services: ServicesDep,
    actor: Word | None = None,
    action: Word | None = None,
    subject: Words | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AuditPage:
    """Audit events, newest first; filters are exact."""
    wanted = {"actor": actor, "action": action, "subject": subject}
    rows, following = _page(services, AuditRow, AuditRow.audit_id, wanted, cursor, limit)
    return AuditPage(items=[AuditView.model_validate(row) for row in rows], next_cursor=following)


@router.get("/dead-letters")
def dead_letters(
    _caller: Annotated[Caller, requires(Permission.READ_LETTERS)],
    services: ServicesDep,
    reader: Word | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DeadLetterPage:
    """Dead letters, newest first."""
    rows, following = _page(services, DeadLetterRow, DeadLetterRow.letter_id, {"reader": reader}, cursor, limit)
    return DeadLetterPage(items=[DeadLetterView.model_validate(row) for row in rows], next_cursor=following)


def _page(
    services: ServicesDep, row: Any, identity: Any, wanted: dict[str, str | None], cursor: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of a table by (at_us, identity), newest first, as values; and the cursor of the next."""
    query = select(*row.__table__.columns).order_by(row.at_us.desc(), identity.desc()).limit(limit + 1)
    query = query.where(*(getattr(row, name) == value for name, value in wanted.items() if value is not None))
    if cursor is not None:
        query = query.where(tuple_(row.at_us, identity) < tuple_(*read_cursor(cursor, int, str)))
    with services.database.read() as session:
        found = [dict(one) for one in session.execute(query).mappings()]
    last = found[limit - 1] if len(found) > limit else None
    following = None if last is None else write_cursor([last["at_us"], last[identity.key]])
    return found[:limit], following
