"""People and service tokens: administrators only."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field
from sqlalchemy import select

from consumers.console.api.fields import Secret
from consumers.console.auditing import record
from consumers.console.auth import people, tokens
from consumers.console.auth.callers import Caller, requires
from consumers.console.auth.people import Language, Profile
from consumers.console.errors import ProblemError, problems
from consumers.console.permissions import Permission, Role
from consumers.console.services import ServicesDep
from consumers.console.tables.people import PersonRow, TokenRow
from consumers.console.views.fields import LARGEST_INTEGER, Micros, View, Word

router = APIRouter(tags=["people"])
Admin = Annotated[Caller, requires(Permission.MANAGE_PEOPLE)]
PersonName = Annotated[str, Path(max_length=64)]
Skills = Annotated[list[Word], Field(max_length=20)]


class PersonView(View):
    """Somebody who may sign in, or might once."""

    name: str
    full_name: str
    role: Role
    admin: bool
    skills: list[str]
    language: Language
    active: bool
    must_change_password: bool
    created_at_us: Micros
    created_by: str
    signed_in_at_us: Micros | None

    @classmethod
    def of(cls, row: PersonRow) -> "PersonView":
        """From its row."""
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


class NewPerson(View):
    name: Word
    full_name: Word
    role: Role
    admin: bool = False
    skills: Skills = []  # noqa: RUF012 - pydantic copies it
    language: Language = "en"
    password: Secret = Field(description="a first one: it must be changed at the first sign-in")


class PersonChange(View):
    """Fields that are not there stay as they are."""

    full_name: Word | None = None
    role: Role | None = None
    admin: bool | None = None
    skills: Skills | None = None
    active: bool | None = None


class NewPassword(View):
    password: Secret


class TokenView(View):
    """A service token; its secret is shown only when it is made."""

    token_id: int
    name: str
    role: Role
    created_at_us: Micros
    created_by: str
    expires_at_us: Micros | None
    used_at_us: Micros | None

    @classmethod
    def of(cls, row: TokenRow) -> "TokenView":
        """From its row."""
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


class NewToken(View):
    name: Word
    role: Role
    days: int | None = Field(None, ge=1, le=3650, description="days until it ends; for ever when absent")


class IssuedToken(View):
    token: TokenView
    secret: str = Field(description="for `Authorization: Bearer`; it can't be shown again")


@router.get("/people")
def list_people(_caller: Admin, services: ServicesDep) -> list[PersonView]:
    """Everybody, by name."""
    with services.database.read() as session:
        return [PersonView.of(row) for row in people.everybody(session)]


@router.post("/people", status_code=201, responses=problems(409))
def add_person(caller: Admin, body: NewPerson, services: ServicesDep) -> PersonView:
    """Add a person, who must change the password at the first sign-in."""
    profile = Profile(
        name=body.name,
        full_name=body.full_name,
        role=body.role,
        admin=body.admin,
        skills=tuple(body.skills),
        language=body.language,
    )
    password = services.passwords.accept(body.password, body.name)
    with services.database.write() as session:
        row = people.add(session, profile, password, by=caller, at_us=services.clock())
        return PersonView.of(row)


@router.patch("/people/{name}", responses=problems(404, 409))
def change_person(caller: Admin, name: PersonName, body: PersonChange, services: ServicesDep) -> PersonView:
    """Change a person; deactivating ends every session at once."""
    changes = body.model_dump(exclude_none=True)
    if "skills" in changes:
        changes["skills"] = tuple(changes["skills"])
    with services.database.exclusive("people"), services.database.write() as session:
        return PersonView.of(people.change(session, name, changes, by=caller, at_us=services.clock()))


@router.post("/people/{name}/password", status_code=204, responses=problems(404))
def set_password(caller: Admin, name: PersonName, body: NewPassword, services: ServicesDep) -> None:
    """Give a person a new first password, and end every session of theirs."""
    password = services.passwords.accept(body.password, name)
    with services.database.write() as session:
        people.set_password(session, name, password, by=caller, at_us=services.clock(), must_change=True)


@router.get("/tokens")
def list_tokens(_caller: Admin, services: ServicesDep) -> list[TokenView]:
    """The service tokens in force, oldest first."""
    now = services.clock()
    with services.database.read() as session:
        rows = session.scalars(select(TokenRow).order_by(TokenRow.token_id))
        return [TokenView.of(row) for row in rows if tokens.in_force(row, now)]


@router.post("/tokens", status_code=201)
def issue_token(caller: Admin, body: NewToken, services: ServicesDep) -> IssuedToken:
    """Make a service token for a program in a role."""
    now = services.clock()
    ends = None if body.days is None else now + body.days * 86_400_000_000
    with services.database.write() as session:
        row, secret = tokens.issue(session, body.name, body.role, by=caller.name, at_us=now, expires_at_us=ends)
        shown = TokenView.of(row)
        record(session, caller, "token.issue", f"{row.token_id} {row.name}", at_us=now, after=shown.model_dump())
    return IssuedToken(token=shown, secret=secret)


@router.delete("/tokens/{token_id}", status_code=204, responses=problems(404))
def revoke_token(
    caller: Admin, token_id: Annotated[int, Path(ge=0, le=LARGEST_INTEGER)], services: ServicesDep
) -> None:
    """Revoke a service token at once."""
    now = services.clock()
    with services.database.write() as session:
        row = session.get(TokenRow, token_id)
        if row is None or row.revoked_at_us is not None:
            raise ProblemError(404, "no_such_token", f"there is no token {token_id} in force")
        row.revoked_at_us = now
        record(session, caller, "token.revoke", f"{row.token_id} {row.name}", at_us=now)
