"""Sessions: a random secret in a cookie, its sha256 in the database, two ways to end by themselves.

A session ends `console_session_hours` after the sign-in whatever happens, and after `IDLE_S` without a request that a
person caused: what an open page asks by itself does not count. A changed password and a deactivated person end all of
that person's at once.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from consumers.console.auth.secret_tokens import new_secret, secret_hash
from consumers.console.database import note_changed
from consumers.console.tables.people import PersonRow, SessionRow

if TYPE_CHECKING:
    from consumers.console.services import Services

IDLE_S: Final = 7200.0
"""A session that nobody used for so long is over, seconds: a lunch, not a night."""
# A page asks several times a second; writing down each time would cost a commit each.
_NOTED_EVERY_US: Final = 60_000_000
KNOWN_US: Final = 1_000_000
"""So long the person of a session is not looked up again, unless something of people changes in this process."""
PEOPLE: Final = "people"
"""What changes when a session is ended or a person is changed; see `database.note_changed`."""
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """What a look found, good until then and as long as `changes` is what the database counts."""

    row: SessionRow
    person: PersonRow
    until_us: int
    changes: int


class KnownSessions:
    """The sessions that were looked up last, by the hash of their secret. Safe to share between threads."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}

    def get(self, token_hash: str) -> Known | None:
        """What was found last."""
        return self._known.get(token_hash)

    def keep(self, token_hash: str, known: Known) -> None:
        """Keep what was found; all others go when there are too many."""
        if len(self._known) >= _MOST:
            self._known = {}
        self._known[token_hash] = known


def start(session: Session, name: str, at_us: int, address: str | None) -> str:
    """Start a session and give its secret."""
    secret = new_secret()
    session.add(
        SessionRow(token_hash=secret_hash(secret), name=name, created_at_us=at_us, seen_at_us=at_us, address=address)
    )
    return secret


def find_person(services: "Services", secret: str, *, used: bool) -> PersonRow | None:
    """The active person of a session that is not over; None otherwise. Notes that it was used when it was."""
    if (person := known_person(services, secret, used=used)) is not None:
        return person
    token_hash, now = secret_hash(secret), services.clock()
    changes = services.database.changes(PEOPLE)  # before the look: a change during it makes what it found old
    with services.database.read() as session:
        row = session.get(SessionRow, token_hash)
        if row is None or is_over(row, now, services.settings.console_session_hours):
            return None
        person = session.get(PersonRow, row.name)
    if person is None or not person.active:
        return None
    if used and _is_to_be_noted(row, now):
        with services.database.write(durable=False) as session:
            session.execute(update(SessionRow).where(SessionRow.token_hash == token_hash).values(seen_at_us=now))
        row.seen_at_us = now
    services.known.keep(token_hash, Known(row, person, until_us=now + KNOWN_US, changes=changes))
    return person


def known_person(services: "Services", secret: str, *, used: bool) -> PersonRow | None:
    """The person of a session that was looked up a moment ago, without a query; None when it must be looked up."""
    known, now = services.known.get(secret_hash(secret)), services.clock()
    if known is None or known.changes != services.database.changes(PEOPLE) or not 0 <= known.until_us - now <= KNOWN_US:
        return None
    if is_over(known.row, now, services.settings.console_session_hours) or (used and _is_to_be_noted(known.row, now)):
        return None
    return known.person


def _is_to_be_noted(row: SessionRow, now_us: int) -> bool:
    return now_us - row.seen_at_us > _NOTED_EVERY_US


def is_over(row: SessionRow, now_us: int, hours: float) -> bool:
    """Whether a session ended by itself."""
    return now_us - row.created_at_us > hours * 3.6e9 or now_us - row.seen_at_us > IDLE_S * 1e6


def end(session: Session, secret: str) -> None:
    """End one session."""
    note_changed(session, PEOPLE)
    session.execute(delete(SessionRow).where(SessionRow.token_hash == secret_hash(secret)))


def end_all(session: Session, name: str, *, but: str | None = None) -> None:
    """End every session of a person, `but` the one with this secret."""
    note_changed(session, PEOPLE)
    others = delete(SessionRow).where(SessionRow.name == name)
    session.execute(others if but is None else others.where(SessionRow.token_hash != secret_hash(but)))


def forget_old(session: Session, now_us: int, hours: float) -> None:
    """Delete the rows of sessions that ended by themselves."""
    long_ago = (SessionRow.created_at_us < now_us - hours * 3.6e9) | (SessionRow.seen_at_us < now_us - IDLE_S * 1e6)
    session.execute(delete(SessionRow).where(long_ago))
