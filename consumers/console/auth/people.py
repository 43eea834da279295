"""People: adding, changing, passwords. The API and `linewatch users` both come here, so both are audited alike."""

import re
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consumers.console.auditing import Actor, record
from consumers.console.auth import sessions
from consumers.console.auth.passwords import PasswordHash
from consumers.console.database import note_changed
from consumers.console.errors import PeopleError, ProblemError
from consumers.console.permissions import ROLES, Role
from consumers.console.tables.people import PersonRow

Language = Literal["en", "ko"]
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9._@-]{0,62}[a-z0-9])?")
_SKILL: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is kept of a person beside the password. Raises PeopleError for what is not usable."""

    name: str
    full_name: str
    role: Role
    admin: bool = False
    skills: tuple[str, ...] = ()
    language: Language = "en"
    active: bool = True

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise PeopleError(
                f"name {self.name!r} is not usable: 1-64 of a-z, 0-9 and '._@-', first and last a letter or digit"
            )
        if not 0 < len(self.full_name.strip()) <= 200 or not self.full_name.isprintable():
            raise PeopleError("the full name must have 1 to 200 printable characters")
        if self.role not in ROLES:
            raise PeopleError(f"role {self.role!r} is none of {', '.join(ROLES)}")
        wrong = [skill for skill in self.skills if not _SKILL.fullmatch(skill)]
        if wrong or len(self.skills) > 20:
            raise PeopleError(f"skills {', '.join(wrong) or 'are too many'}: at most 20 words of a-z, 0-9 and '-'")


def add(
    session: Session,
    profile: Profile,
    password: PasswordHash,
    *,
    by: Actor,
    at_us: int,
    must_change: bool = True,
) -> PersonRow:
    """Add a person; ProblemError 409 when the name is taken."""
    if session.get(PersonRow, profile.name) is not None:
        raise ProblemError(409, "name_taken", f"there is somebody called {profile.name} already: take another name")
    row = PersonRow(
        name=profile.name,
        full_name=profile.full_name,
        role=profile.role,
        admin=profile.admin,
        skills=sorted(set(profile.skills)),
        language=profile.language,
        active=profile.active,
        password_hash=password,
        must_change_password=must_change,
        created_at_us=at_us,
        created_by=by.name,
        signed_in_at_us=None,
    )
    session.add(row)
    session.flush()
    record(session, by, "person.add", row.name, at_us=at_us, after=shown(row))
    return row


def change(session: Session, name: str, changes: dict[str, Any], *, by: Actor, at_us: int) -> PersonRow:
    """Change fields of Profile; ends the sessions of somebody who is deactivated.

    Raises:
        ProblemError: 404 there is nobody of that name, 409 nobody would be left to administer.
        PeopleError: a value is not usable.
    """
    row = find(session, name)
    before = shown(row)
    profile = replace(profile_of(row), **changes)
    row.full_name, row.role, row.admin, row.active = profile.full_name, profile.role, profile.admin, profile.active
    row.skills, row.language = sorted(set(profile.skills)), profile.language
    session.flush()
    note_changed(session, sessions.PEOPLE)
    if before["admin"] and not _administrators(session):
        raise ProblemError(409, "last_admin", f"{name} is the last administrator: make somebody else one first")
    if not row.active:
        sessions.end_all(session, name)
    if shown(row) != before:
        record(session, by, "person.change", name, at_us=at_us, before=before, after=shown(row))
    return row


def set_password(
    session: Session,
    name: str,
    password: PasswordHash,
    *,
    by: Actor,
    at_us: int,
    must_change: bool,
    keep_session: str | None = None,
) -> None:
    """Set a password and end every session of that person, but the one with the secret `keep_session`."""
    row = find(session, name)
    row.password_hash, row.must_change_password = password, must_change
    sessions.end_all(session, name, but=keep_session)
    record(session, by, "person.password", name, at_us=at_us)


def find(session: Session, name: str) -> PersonRow:
    """A person; ProblemError 404 when there is nobody of that name."""
    row = session.get(PersonRow, name)
    if row is None:
        raise ProblemError(404, "no_such_person", f"there is nobody called {name!r} here")
    return row


def everybody(session: Session) -> list[PersonRow]:
    """All people, by name, also those who are deactivated."""
    return list(session.scalars(select(PersonRow).order_by(PersonRow.name)))


def profile_of(row: PersonRow) -> Profile:
    """A row as a profile."""
    return Profile(
        name=row.name,
        full_name=row.full_name,
        role=cast("Role", row.role),
        admin=row.admin,
        skills=tuple(row.skills),
        language=cast("Language", row.language),
        active=row.active,
    )


def shown(row: PersonRow) -> dict[str, Any]:
    """What an audit event says of a person: no secret."""
    return {
        "full_name": row.full_name,
        "role": row.role,
        "admin": row.admin,
        "skills": list(row.skills),
        "language": row.language,
        "active": row.active,
    }


def anybody(session: Session) -> bool:
    """Whether there is any person yet."""
    return session.scalar(select(PersonRow.name).limit(1)) is not None


def _administrators(session: Session) -> int:
    active = PersonRow.admin.is_(True) & PersonRow.active.is_(True)
    return session.scalar(select(func.count()).select_from(PersonRow).where(active)) or 0
