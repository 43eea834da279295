"""Drafts: what somebody has drawn and not yet submitted, saved at each edit, kept when the lease is lost."""

from typing import Any, Final

import msgspec
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consumers.console.errors import ProblemError
from consumers.console.tables.leases import DraftRow, LeaseRow
from schemas.records import Box

KEPT_US: Final = 30 * 24 * 3_600_000_000
"""A draft that nobody came back to is deleted after so long."""


def save(
    session: Session,
    labeler: str,
    task_id: str,
    fencing_token: int,
    *,
    outcome: str | None,
    label: str | None,
    boxes: tuple[Box, ...],
    note: str | None,
    now_us: int,
) -> bool:
    """Keep a draft; returns whether `labeler` still holds the task (the draft is kept either way).

    A page with an older token than the draft's, forgotten in another window, overwrites nothing. Raises ProblemError
    404 when the task was never claimed with such a token.
    """
    lease = session.get(LeaseRow, task_id)
    if lease is None or not 1 <= fencing_token <= lease.fencing_token:
        raise ProblemError(404, "lease_unknown", f"task {task_id!r} was never claimed with token {fencing_token}")
    values: dict[str, Any] = {
        "fencing_token": fencing_token,
        "outcome": outcome,
        "label": label,
        "boxes": msgspec.to_builtins(boxes),
        "note": note,
        "saved_at_us": now_us,
    }
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(DraftRow)
        .values(task_id=task_id, labeler=labeler, **values)
        .on_conflict_do_update(
            index_elements=[DraftRow.task_id, DraftRow.labeler],
            set_=values,
            where=DraftRow.fencing_token <= fencing_token,
        )
    )
    return lease.holder == labeler and lease.fencing_token == fencing_token


def discard(session: Session, labeler: str, task_id: str) -> None:
    """Delete a draft: what it held was submitted."""
    session.execute(delete(DraftRow).where(DraftRow.task_id == task_id, DraftRow.labeler == labeler))


def discard_old(session: Session, now_us: int) -> None:
    """Delete drafts that nobody came back to."""
    session.execute(delete(DraftRow).where(DraftRow.saved_at_us < now_us - KEPT_US))
