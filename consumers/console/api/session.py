"""The session: who is signed in, first run, sign-in, sign-out, one's own password and language."""

import logging
from functools import cache
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from consumers.console.api.fields import Secret
from consumers.console.auditing import record
from consumers.console.auth import first_run, people, sessions
from consumers.console.auth.callers import Caller, find_caller, requires
from consumers.console.auth.cookies import CSRF_COOKIE, SESSION_COOKIE, clear_session, set_csrf, set_session
from consumers.console.auth.passwords import PasswordHash
from consumers.console.auth.people import Language, Profile
from consumers.console.auth.secret_tokens import csrf_of
from consumers.console.errors import ProblemError, problems
from consumers.console.permissions import Permission, Role
from consumers.console.services import Services, ServicesDep
from consumers.console.tables.people import PersonRow
from consumers.console.views.fields import View, Word

router = APIRouter(tags=["session"])
Own = Annotated[Caller, requires(Permission.OWN_SESSION)]
_LOG = logging.getLogger(__name__)


class Person(View):
    """Who is signed in."""

    name: str
    full_name: str
    role: Role
    admin: bool
    skills: list[str]
    language: Language
    must_change_password: bool

    @classmethod
    def of(cls, row: PersonRow) -> "Person":
        """From its row."""
        return cls.model_validate(
            {name: getattr(row, name) for name in cls.model_fields},
        )


class SessionView(View):
    """`first_run`: nobody is here yet, and the token that the console printed makes the first administrator."""

    person: Person | None
    first_run: bool
    version: str


class FirstRun(View):
    token: Secret
    name: Word
    full_name: Word
    password: Secret
    language: Language = "en"


class SignIn(View):
    name: Word
    password: Secret


class PasswordChange(View):
    current: Secret
    new: Secret


class SessionChange(View):
    language: Language


@router.get("/session", dependencies=[requires(Permission.PUBLIC)])
def show_session(request: Request, response: Response, services: ServicesDep) -> SessionView:
    """Who is signed in here. Sets the CSRF cookie, so ask this first."""
    caller = find_caller(request, services)
    if caller is None or caller.session is None:
        if CSRF_COOKIE not in request.cookies or SESSION_COOKIE in request.cookies:
            clear_session(response, services.settings)
        with services.database.read() as session:
            return SessionView(person=None, first_run=not people.anybody(session), version=_version())
    set_csrf(response, services.settings, csrf_of(caller.session))
    with services.database.read() as session:
        return _view(people.find(session, caller.name))


@router.post("/first-run", dependencies=[requires(Permission.PUBLIC)], responses=problems(409, 429))
def set_up(request: Request, response: Response, body: FirstRun, services: ServicesDep) -> SessionView:
    """Make the first administrator by the token that the console printed, and sign in."""
    address = _address(request)
    _hold_back(services, "first run", address)
    profile = Profile(
        name=body.name, full_name=body.full_name, role="model_developer", admin=True, language=body.language
    )
    actor, now = Caller(name=body.name, role=profile.role, admin=True, address=address), services.clock()
    password = services.passwords.accept(body.password, body.name)
    try:
        with services.database.exclusive("first run"), services.database.write() as session:
            first_run.use(session, body.token, now)
            people.add(session, profile, password, by=actor, at_us=now, must_change=False)
            return _begin(session, response, services, body.name, address)
    except ProblemError:
        services.limits.note_failure("first run", address)
        raise


@router.post("/sign-in", dependencies=[requires(Permission.PUBLIC)], responses=problems(429))
def sign_in(request: Request, response: Response, body: SignIn, services: ServicesDep) -> SessionView:
    """Sign in. An unknown name takes as long as a wrong password and is told the same."""
    address = _address(request)
    _hold_back(services, body.name, address)
    with services.database.read() as session:
        row = session.get(PersonRow, body.name)
    known = row is not None and row.active
    right = services.passwords.verify(row.password_hash if row is not None and known else None, body.password)
    if not right:
        services.limits.note_failure(body.name, address)
        services.metrics.sign_ins.labels("refused").inc()
        _LOG.warning("sign-in refused for %r from %s", body.name, address)
        raise ProblemError(401, "wrong_name_or_password", "name or password is wrong: try again")
    services.limits.forgive(body.name, address)
    renewed = _renewed_hash(services, row, body)
    with services.database.write() as session:
        if renewed is not None and row is not None:
            _renew_hash(session, row, renewed)
        old = request.cookies.get(SESSION_COOKIE)
        if old is not None:
            sessions.end(session, old)
        return _begin(session, response, services, body.name, address)


@router.post("/sign-out", status_code=204)
def sign_out(caller: Own, response: Response, services: ServicesDep) -> None:
    """End this session."""
    with services.database.write() as session:
        sessions.end(session, caller.session or "")
        record(session, caller, "session.sign_out", caller.name, at_us=services.clock())
    clear_session(response, services.settings)


@router.post("/session/password", status_code=204, responses=problems(429))
def change_password(caller: Own, body: PasswordChange, services: ServicesDep) -> None:
    """Change one's own password; ends one's other sessions."""
    address = caller.address or ""
    _hold_back(services, caller.name, address)
    with services.database.read() as session:
        kept = people.find(session, caller.name).password_hash
    if not services.passwords.verify(kept, body.current):
        services.limits.note_failure(caller.name, address)
        raise ProblemError(403, "wrong_password", "the current password is wrong: nothing was changed")
    password = services.passwords.accept(body.new, caller.name)
    with services.database.write() as session:
        people.set_password(
            session,
            caller.name,
            password,
            by=caller,
            at_us=services.clock(),
            must_change=False,
            keep_session=caller.session,
        )


@router.patch("/session")
def change_session(caller: Own, body: SessionChange, services: ServicesDep) -> SessionView:
    """Change one's own language."""
    with services.database.write() as session:
        changes = {"language": body.language}
        return _view(people.change(session, caller.name, changes, by=caller, at_us=services.clock()))


def _begin(session: Session, response: Response, services: Services, name: str, address: str) -> SessionView:
    row, now = people.find(session, name), services.clock()
    row.signed_in_at_us = now
    secret = sessions.start(session, name, now, address)
    by = Caller(name=name, role=people.profile_of(row).role, address=address)
    record(session, by, "session.sign_in", name, at_us=now)
    set_session(response, services.settings, secret)
    services.metrics.sign_ins.labels("done").inc()
    return _view(row)


def _renewed_hash(services: Services, row: PersonRow | None, body: SignIn) -> PasswordHash | None:
    """The hash to keep from now on; None while the one that is kept will do."""
    outdated = row is not None and services.passwords.outdated(row.password_hash)
    return services.passwords.hash(body.password) if outdated else None


def _renew_hash(session: Session, seen: PersonRow, renewed: PasswordHash) -> None:
    """Keep another hash of the same password, unless the password was changed since it was looked at."""
    row = people.find(session, seen.name)
    if row.password_hash == seen.password_hash:
        row.password_hash = renewed


def _hold_back(services: Services, name: str, address: str) -> None:
    wait_s = services.limits.wait_s(name, address)
    if wait_s:
        services.metrics.sign_ins.labels("held back").inc()
        raise ProblemError(
            429,
            "too_many_tries",
            f"too many wrong tries: try again in {wait_s} s",
            headers={"Retry-After": str(wait_s)},
        )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _view(row: PersonRow) -> SessionView:
    return SessionView(person=Person.of(row), first_run=False, version=_version())


@cache
def _version() -> str:
    return version("linewatch")
