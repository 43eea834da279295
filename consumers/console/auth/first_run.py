"""The first administrator: whoever can read what the console printed at a start without people."""

from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from consumers.console.auth.people import anybody
from consumers.console.auth.secret_tokens import new_secret, secret_hash
from consumers.console.errors import ProblemError
from consumers.console.tables.people import FirstRunRow

VALID_US: Final = 86_400_000_000
"""A token is good for a day; the next start prints another one."""


def issue(session: Session, at_us: int) -> str | None:
    """A token to print, beside those that other consoles printed; None when there are people already."""
    if anybody(session):
        return None
    session.execute(delete(FirstRunRow).where(FirstRunRow.created_at_us < at_us - VALID_US))
    secret = new_secret()
    session.add(FirstRunRow(token_hash=secret_hash(secret), created_at_us=at_us))
    return secret


def use(session: Session, secret: str, at_us: int) -> None:
    """Take a token, and with it all others; ProblemError 409 when there are people, 403 for a wrong or old token."""
    if anybody(session):
        raise ProblemError(409, "set_up_already", "this console has people already: sign in, or ask an administrator")
    row = session.get(FirstRunRow, secret_hash(secret))
    if row is None or row.created_at_us < at_us - VALID_US:
        raise ProblemError(
            403, "first_run_token", "this is not a token that the console printed in the last day: read its start again"
        )
    session.execute(delete(FirstRunRow))
