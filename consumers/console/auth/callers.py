"""Who calls, and whether they may: the dependency of every route.

    @router.post("/label/claim")
    def claim(caller: Annotated[Caller, requires(Permission.LABEL)], services: ServicesDep, body: Claim) -> Claimed: ...

A route without one fails tests/consumers/console/test_permissions.py. The guard finds the person (session cookie) or
the service token (`Authorization: Bearer`), checks that the work is theirs where the page names somebody, CSRF on
everything but GET and HEAD, then the permissions table.
"""

from dataclasses import dataclass
from typing import Any, Final, cast

import anyio.to_thread
from fastapi import Depends, Request

from consumers.console.auth import sessions, tokens
from consumers.console.auth.cookies import BACKGROUND_HEADER, CSRF_COOKIE, CSRF_HEADER, PERSON_HEADER, SESSION_COOKIE
from consumers.console.auth.secret_tokens import csrf_of, same
from consumers.console.errors import ProblemError
from consumers.console.permissions import Permission, Role, allowed
from consumers.console.services import Services, ServicesDep
from consumers.console.tables.people import PersonRow, TokenRow

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls. `name` is what labels, policies and audit events carry; a service token's is `token:<name>`."""

    name: str
    role: Role
    admin: bool = False
    skills: tuple[str, ...] = ()
    must_change_password: bool = False
    session: str | None = None  # the session's secret; None for a service token
    address: str | None = None


class Guard:
    """Finds the caller and holds it to one permission. Equal guards are one to FastAPI: asked once a request."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request, services: ServicesDep) -> Caller | None:
        if self.permission is Permission.PUBLIC:
            _check_csrf(request, request.cookies.get(SESSION_COOKIE))
            return None
        # Who was here a moment ago costs neither a thread nor a query.
        caller = _known_caller(request, services) or await anyio.to_thread.run_sync(find_caller, request, services)
        if caller is None:
            raise ProblemError(401, "not_signed_in", "nobody is signed in here, or the session ended: sign in again")
        self._check(caller, request)
        return caller

    def _check(self, caller: Caller, request: Request) -> None:
        _check_person(request, caller)
        if caller.session is not None:
            _check_csrf(request, caller.session)
        elif self.permission is Permission.OWN_SESSION:
            raise ProblemError(403, "people_only", "a service token has no session: sign in as a person")
        if caller.must_change_password and self.permission is not Permission.OWN_SESSION:
            raise ProblemError(403, "password_change_required", "choose a password of your own first")
        if not allowed(self.permission, caller.role, admin=caller.admin):
            raise ProblemError(
                403, "not_allowed", f"{caller.role.replace('_', ' ')}s may not {self.permission}: ask an administrator"
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Guard) and other.permission is self.permission

    def __hash__(self) -> int:
        return hash((Guard, self.permission))


_GUARDS: Final = {permission: Guard(permission) for permission in Permission}


def requires(permission: Permission) -> Any:
    """The dependency that every route declares, as a parameter of type Caller or in `dependencies`."""
    return Depends(_GUARDS[permission])


def find_caller(request: Request, services: Services, *, used: bool | None = None) -> Caller | None:
    """Who calls; None for nobody. A bearer token that is wrong is nobody, whatever cookies there are.

    `used`: whether that is a use of the session; by default unless the request says that nobody caused it.
    """
    address = _address(request)
    bearer = _bearer(request)
    if bearer is not None:
        token = tokens.find(services, bearer)
        return None if token is None else _of_token(token, address)
    secret = request.cookies.get(SESSION_COOKIE)
    used = not _in_background(request) if used is None else used
    person = None if secret is None else sessions.find_person(services, secret, used=used)
    return None if person is None else _of_person(person, cast("str", secret), address)


def _known_caller(request: Request, services: Services) -> Caller | None:
    """Who calls, where that was found out a moment ago."""
    secret = request.cookies.get(SESSION_COOKIE)
    if secret is None or _bearer(request) is not None:
        return None
    person = sessions.known_person(services, secret, used=not _in_background(request))
    return None if person is None else _of_person(person, secret, _address(request))


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None


def _bearer(request: Request) -> str | None:
    """The service token that came along; None without one."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else None


def _in_background(request: Request) -> bool:
    """Whether a page asks by itself; a stream of events, which it opens anew by itself, can't say so in a header."""
    return BACKGROUND_HEADER in request.headers or "text/event-stream" in request.headers.get("accept", "")


def _of_person(person: PersonRow, secret: str, address: str | None) -> Caller:
    return Caller(
        name=person.name,
        role=cast("Role", person.role),
        admin=person.admin,
        skills=tuple(person.skills),
        must_change_password=person.must_change_password,
        session=secret,
        address=address,
    )


def _of_token(token: TokenRow, address: str | None) -> Caller:
    return Caller(name=f"token:{token.name}", role=cast("Role", token.role), address=address)


def _check_person(request: Request, caller: Caller) -> None:
    meant = request.headers.get(PERSON_HEADER)
    if meant is not None and meant != caller.name:
        detail = f"this is {meant}'s work, and {caller.name} is signed in here: nothing was taken, sign in as {meant}"
        raise ProblemError(401, "other_person", detail)


def _check_csrf(request: Request, session: str | None) -> None:
    if request.method in _SAFE:
        return
    cookie, header = request.cookies.get(CSRF_COOKIE, ""), request.headers.get(CSRF_HEADER, "")
    expected = cookie if session is None else csrf_of(session)
    if not header or not same(header, expected) or not same(header, cookie):
        raise ProblemError(
            403, "csrf", f"header {CSRF_HEADER} is not the cookie {CSRF_COOKIE} of this session: load the page again"
        )
