"""Who calls, and whether they may: each way to be refused."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from consumers.console.auth import sessions, tokens
from consumers.console.auth.callers import Guard
from consumers.console.auth.cookies import BACKGROUND_HEADER, CSRF_COOKIE, CSRF_HEADER, SESSION_COOKIE
from consumers.console.database import note_changed
from consumers.console.permissions import Permission
from consumers.console.services import Services
from consumers.console.tables.people import PersonRow, SessionRow
from tests.consumers.console.browsers import Browser
from tests.consumers.console.services import FakeClock

Browse = Callable[..., Browser]
LANGUAGE = {"language": "ko"}


def refusal(browser: Browser, method: str, path: str, json: object = None, **more: object) -> tuple[int, str]:
    answer = browser.send(method, path, json, **more)
    return answer.status_code, answer.json()["code"]


def bearer(services: Services, role: str = "inspector") -> dict[str, str]:
    with services.database.write() as session:
        _, secret = tokens.issue(session, "robot", role, by="ada", at_us=0, expires_at_us=None)  # type: ignore[arg-type]
    return {"Authorization": f"Bearer {secret}"}


def test_nobody(browse: Browse) -> None:
    assert refusal(browse(), "GET", "/api/policies") == (401, "not_signed_in")


def test_a_session_that_is_over_or_made_up(browse: Browse, services: Services) -> None:
    browser = browse("inspector")
    assert browser.get("/api/policies").status_code == 200
    browser.client.cookies.set(SESSION_COOKIE, "made up")
    assert refusal(browser, "GET", "/api/policies") == (401, "not_signed_in")


@pytest.mark.parametrize(
    ("header", "cookie"),
    [(None, "right"), ("wrong", "right"), ("right", None), ("right", "wrong"), ("planted", "planted")],
)
def test_csrf(browse: Browse, header: str | None, cookie: str | None) -> None:
    browser = browse("inspector")
    right = str(browser.csrf)
    browser.csrf = None
    browser.client.cookies.delete(CSRF_COOKIE)
    if cookie:
        browser.client.cookies.set(CSRF_COOKIE, right if cookie == "right" else cookie)
    headers = {} if header is None else {CSRF_HEADER: right if header == "right" else header}
    assert refusal(browser, "PATCH", "/api/session", LANGUAGE, headers=headers) == (403, "csrf")
    assert browser.get("/api/policies").status_code == 200, "reading needs none"


def test_csrf_of_the_session(browse: Browse) -> None:
    assert browse("inspector").send("PATCH", "/api/session", LANGUAGE).status_code == 200


def test_csrf_before_there_is_a_session(browse: Browse) -> None:
    browser = browse()
    body = {"name": "x", "password": "y"}
    assert refusal(browser, "POST", "/api/sign-in", body) == (403, "csrf")
    browser.get("/api/session")
    browser.csrf = browser.client.cookies[CSRF_COOKIE]
    assert refusal(browser, "POST", "/api/sign-in", body) == (401, "wrong_name_or_password")


@pytest.mark.parametrize(
    ("headers", "used"),
    [({}, True), ({BACKGROUND_HEADER: "1"}, False), ({"Accept": "text/event-stream"}, False)],
)
def test_what_a_page_asks_by_itself_is_no_use_of_the_session(
    browse: Browse, services: Services, clock: FakeClock, headers: dict[str, str], used: bool
) -> None:
    browser = browse("inspector")
    clock.pass_s(61)
    assert browser.get("/api/policies", headers=headers).status_code == 200
    assert browser.get("/api/session", headers=headers).json()["person"] is not None
    with services.database.read() as session:
        assert (session.scalars(select(SessionRow.seen_at_us)).one() == clock()) == used


def test_a_role_without_the_permission(browse: Browse) -> None:
    assert refusal(browse("inspector"), "PUT", "/api/policies/press-1", {"revision": 0}) == (403, "not_allowed")
    assert refusal(browse("product_manager"), "GET", "/api/people") == (403, "not_allowed")


def test_a_password_that_must_be_changed_first(browse: Browse, services: Services) -> None:
    browser = browse("inspector")
    with services.database.write() as session:
        session.execute(update(PersonRow).values(must_change_password=True))
        note_changed(session, sessions.PEOPLE)
    assert refusal(browser, "GET", "/api/policies") == (403, "password_change_required")
    assert browser.get("/api/session").json()["person"]["must_change_password"] is True
    assert browser.send("PATCH", "/api/session", LANGUAGE).status_code == 200


def test_a_service_token_needs_no_csrf_and_has_no_session(browse: Browse, services: Services) -> None:
    headers, browser = bearer(services, "operations_manager"), browse()
    assert browser.get("/api/policies", headers=headers).status_code == 200
    assert (
        browser.send("PUT", "/api/policies/press-1", {"revision": 0}, headers=headers).json()["set_by"] == "token:robot"
    )
    assert refusal(browser, "PATCH", "/api/session", LANGUAGE, headers=headers) == (403, "people_only")
    assert browser.get("/api/session", headers=headers).json()["person"] is None


def test_a_wrong_service_token_is_nobody_whatever_cookies_there_are(browse: Browse) -> None:
    browser = browse("inspector")
    assert refusal(browser, "GET", "/api/policies", headers={"Authorization": "Bearer lwt_x"}) == (401, "not_signed_in")


def test_guards_of_one_permission_are_one() -> None:
    assert Guard(Permission.LABEL) == Guard(Permission.LABEL) != Guard(Permission.MONITOR)
    assert len({Guard(Permission.LABEL), Guard(Permission.LABEL)}) == 1
