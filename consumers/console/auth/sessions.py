"""Sessions: a random secret in a cookie, its sha256 in the database, two ways to end by themselves.

A session ends `console_session_hours` after the sign-in whatever happens, and after `IDLE_S` without a request that a
person caused: what an open page asks by itself does not count. A changed password and a deactivated person end all of
that person's at once.
"""

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from consumers.console.auth.secret_tokens import new_secret, secret_hash
from consumers.console.tables.people import PersonRow, SessionRow

if TYPE_CHECKING:
    from consumers.console.services import Services

IDLE_S: Final = 7200.0
"""A session that nobody used for so long is over, seconds: a lunch, not a night."""
# A page asks several times a second; writing down each time would cost a commit each.
_NOTED_EVERY_US: Final = 60_000_000


def start(session: Session, name: str, at_us: int, address: str | None) -> str:
    """Start a session and give its secret."""
    secret = new_secret()
    session.add(
        SessionRow(token_hash=secret_hash(secret), name=name, created_at_us=at_us, seen_at_us=at_us, address=address)
    )
    return secret


def find_person(services: "Services", secret: str, *, used: bool) -> PersonRow | None:
    """The active person of a session that is not over; None otherwise. Notes that it was used when it was."""
    token_hash, now = secret_hash(secret), services.clock()
    with services.database.read() as session:
        row = session.get(SessionRow, token_hash)
        if row is None or is_over(row, now, services.settings.console_session_hours):
            return None
        person = session.get(PersonRow, row.name)
        noted = row.seen_at_us
    if person is None or not person.active:
        return None
    if used and now - noted > _NOTED_EVERY_US:
        with services.database.write(durable=False) as session:
            session.execute(update(SessionRow).where(SessionRow.token_hash == token_hash).values(seen_at_us=now))
    return person


def is_over(row: SessionRow, now_us: int, hours: float) -> bool:
    """Whether a session ended by itself."""
    return now_us - row.created_at_us > hours * 3.6e9 or now_us - row.seen_at_us > IDLE_S * 1e6


def end(session: Session, secret: str) -> None:
    """End one session."""
    session.execute(delete(SessionRow).where(SessionRow.token_hash == secret_hash(secret)))


def end_all(session: Session, name: str, *, but: str | None = None) -> None:
    """End every session of a person, `but` the one with this secret."""
    others = delete(SessionRow).where(SessionRow.name == name)
    session.execute(others if but is None else others.where(SessionRow.token_hash != secret_hash(but)))


def forget_old(session: Session, now_us: int, hours: float) -> None:
    """Delete the rows of sessions that ended by themselves."""
    long_ago = (SessionRow.created_at_us < now_us - hours * 3.6e9) | (SessionRow.seen_at_us < now_us - IDLE_S * 1e6)
    session.execute(delete(SessionRow).where(long_ago))
