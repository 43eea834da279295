"""Who may do what, tried over every route: each role, nobody, a service token."""

import re
from collections.abc import Callable

import pytest

from consumers.console.app import BESIDE, ROUTERS
from consumers.console.auth import tokens
from consumers.console.openapi import declared
from consumers.console.permissions import ADMIN, ALLOWED, ROLES, Permission, Role, allowed, permissions_of
from consumers.console.services import Services
from tests.consumers.console.browsers import Browser

Browse = Callable[..., Browser]
ROUTES = declared([*(("/api", router) for router in ROUTERS), *(("", router) for router in BESIDE)])
ENDLESS = ("get", "/api/events")  # a stream: whoever is let in never gets an answer that ends
# Answered with 403 whoever asks, when what is sent is wrong: not by the permission.
NOT_BY_PERMISSION = {"csrf", "wrong_password", "first_run_token"}


def test_every_route_declares_exactly_one_permission() -> None:
    assert [route for route, permission in ROUTES.items() if permission is None] == []
    assert len(ROUTES) > 40


def test_only_these_ask_for_nobody() -> None:
    public = {path for (_, path), permission in ROUTES.items() if permission is Permission.PUBLIC}
    assert public == {"/api/session", "/api/first-run", "/api/sign-in", "/healthz", "/readyz", "/metrics"}


def outcome(browser: Browser, method: str, path: str, headers: dict[str, str] | None = None) -> str:
    """`in`, `refused` or `nobody`: what became of a call with nothing useful in it."""
    concrete = re.sub(r"\{[^}]+\}", "1", path)
    answer = browser.send(method.upper(), concrete, headers=headers or {})
    code = answer.json()["code"] if answer.status_code >= 400 and "json" in answer.headers["content-type"] else None
    if answer.status_code == 401:
        return "nobody"
    return "refused" if answer.status_code == 403 and code not in NOT_BY_PERMISSION else "in"


def expected(permission: Permission, role: Role, *, admin: bool) -> str:
    return "in" if allowed(permission, role, admin=admin) else "refused"


@pytest.mark.parametrize("admin", [False, True])
@pytest.mark.parametrize("role", ROLES)
def test_each_role_over_every_route(browse: Browse, services: Services, role: Role, admin: bool) -> None:
    browser = browse(role, admin=admin)
    for (method, path), permission in ROUTES.items():
        if permission is None or permission is Permission.PUBLIC or (method, path) == ENDLESS:
            continue
        browser.sign_in(role.replace("_", "-"))  # sign-out is one of the routes
        assert outcome(browser, method, path) == expected(permission, role, admin=admin), (role, admin, method, path)


def test_nobody_over_every_route(browse: Browse) -> None:
    browser = browse()
    for (method, path), permission in ROUTES.items():
        wanted = "in" if permission is Permission.PUBLIC else "nobody"
        assert outcome(browser, method, path) == wanted, (method, path)


@pytest.mark.parametrize("role", ROLES)
def test_a_service_token_over_every_route(browse: Browse, services: Services, role: Role) -> None:
    with services.database.write() as session:
        _, secret = tokens.issue(session, "robot", role, by="ada", at_us=0, expires_at_us=None)
    browser, headers = browse(), {"Authorization": f"Bearer {secret}"}
    for (method, path), permission in ROUTES.items():
        if permission is None or permission is Permission.PUBLIC or (method, path) == ENDLESS:
            continue
        own = permission is Permission.OWN_SESSION
        wanted = "refused" if own else expected(permission, role, admin=False)
        assert outcome(browser, method, path, headers) == wanted, (role, method, path)


INSP, DEV, OPER, PROD = "inspector", "model_developer", "operations_manager", "product_manager"
AGREED = {
    Permission.OWN_SESSION: {INSP, DEV, OPER, PROD},
    Permission.MONITOR: {INSP, DEV, OPER, PROD},
    Permission.LABEL: {INSP, DEV},
    Permission.REQUEST_LABELS: {INSP, DEV, OPER},
    Permission.READ_DATASETS: {DEV, OPER, PROD},
    Permission.BUILD_DATASETS: {DEV},
    Permission.WRITE_POLICIES: {DEV, OPER},
    Permission.READ_AUDIT: {OPER},
    Permission.READ_LETTERS: {DEV, OPER},
    Permission.MANAGE_PEOPLE: set(),
}


def test_the_table_is_what_was_agreed() -> None:
    """Spelled out once more: the other tests read the same table as the API does."""
    assert AGREED == ALLOWED
    assert {Permission.READ_AUDIT, Permission.READ_LETTERS, Permission.MANAGE_PEOPLE} == ADMIN
    assert set(ALLOWED) == set(Permission) - {Permission.PUBLIC}
    assert Permission.MANAGE_PEOPLE in permissions_of("inspector", admin=True)
    assert not allowed(Permission.LABEL, "operations_manager", admin=True), "the flag does not make a labeler"
