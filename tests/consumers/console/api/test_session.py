"""Signing in and out, the first run, one's own password and language."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from httpx2 import Response
from sqlalchemy.orm import Session

from consumers.console.auth import first_run
from consumers.console.auth.cookies import CSRF_COOKIE, SESSION_COOKIE
from consumers.console.auth.passwords import PasswordHash, Passwords
from consumers.console.database import Database
from consumers.console.services import Services
from tests.consumers.console.auth.test_people import events
from tests.consumers.console.browsers import PASSWORD, Browser, add_person

Browse = Callable[..., Browser]
NEW = "a brand new one"


@pytest.fixture
def browse(browse_apart: Browse) -> Browse:
    """Browsers that keep the cookies they are given."""
    return browse_apart


def opened(browse: Browse) -> Browser:
    """A browser that has loaded the page: it has a CSRF token."""
    browser = browse()
    assert browser.get("/api/session").json()["person"] is None
    browser.csrf = browser.client.cookies[CSRF_COOKIE]
    return browser


def sign_in(browser: Browser, name: str = "ann", password: str = PASSWORD) -> Response:
    answer = browser.post("/api/sign-in", {"name": name, "password": password})
    browser.csrf = browser.client.cookies.get(CSRF_COOKIE)
    return answer


def test_sign_in_and_out(browse: Browse, services: Services) -> None:
    add_person(services, "ann", skills=("scratch",))
    browser = opened(browse)
    answer = sign_in(browser)
    assert answer.status_code == 200
    assert answer.json()["person"] == browser.get("/api/session").json()["person"]
    assert answer.json()["person"]["skills"] == ["scratch"]
    assert browser.get("/api/policies").status_code == 200
    assert browser.post("/api/sign-out").status_code == 204
    assert browser.get("/api/policies").status_code == 401
    assert [event.action for event in events(services)][1:] == ["session.sign_in", "session.sign_out"]


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD)])
def test_wrong_unknown_and_deactivated_are_told_the_same(
    browse: Browse, services: Services, name: str, password: str
) -> None:
    add_person(services, "ann")
    add_person(services, "gone", active=False)
    answer = sign_in(opened(browse), name, password)
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_name_or_password")
    assert answer.headers["content-type"] == "application/problem+json"
    assert SESSION_COOKIE not in answer.cookies


def test_too_many_tries_are_held_back_even_with_the_right_password(browse: Browse, services: Services) -> None:
    add_person(services, "ann")
    browser = opened(browse)
    answers = [sign_in(browser, password="wrong").status_code for _ in range(10)]
    assert answers == [401] * 10
    held_back = sign_in(browser)
    assert (held_back.status_code, held_back.json()["code"]) == (429, "too_many_tries")
    assert 0 < int(held_back.headers["retry-after"]) <= 301


def test_signing_in_again_ends_the_session_before(browse: Browse, services: Services) -> None:
    add_person(services, "ann")
    browser = opened(browse)
    sign_in(browser)
    before = browser.client.cookies[SESSION_COOKIE]
    sign_in(browser)
    assert browser.client.cookies[SESSION_COOKIE] != before
    browser.client.cookies.set(SESSION_COOKIE, before)
    assert browser.get("/api/policies").status_code in (200, 401)
    stale = browse()
    stale.client.cookies.set(SESSION_COOKIE, before)
    assert stale.get("/api/policies").status_code == 401


def first(browser: Browser, token: str) -> Response:
    body = {"token": token, "name": "ada", "full_name": "Ada", "password": PASSWORD, "language": "ko"}
    return browser.post("/api/first-run", body)


def test_the_first_administrator_is_made_by_the_token_once(browse: Browse, services: Services) -> None:
    with services.database.write() as session:
        token = first_run.issue(session, services.clock())
    browser = opened(browse)
    assert browser.get("/api/session").json()["first_run"] is True
    assert first(browser, "wrong").json()["code"] == "first_run_token"
    person = first(browser, str(token)).json()["person"]
    assert (person["name"], person["admin"], person["language"], person["must_change_password"]) == (
        "ada",
        True,
        "ko",
        False,
    )
    assert browser.get("/api/people").status_code == 200, "signed in"
    other = opened(browse)
    assert other.get("/api/session").json()["first_run"] is False
    assert first(other, str(token)).json()["code"] == "set_up_already"


def test_ones_own_password(browse: Browse, services: Services) -> None:
    here, elsewhere = browse("inspector", name="ann"), browse()
    elsewhere.sign_in("ann")
    change = {"current": "wrong", "new": NEW}
    assert here.post("/api/session/password", change).json()["code"] == "wrong_password"
    assert here.post("/api/session/password", {"current": PASSWORD, "new": "short"}).status_code == 422
    assert here.post("/api/session/password", {"current": PASSWORD, "new": NEW}).status_code == 204
    assert here.get("/api/policies").status_code == 200
    assert elsewhere.get("/api/policies").status_code == 401
    assert sign_in(opened(browse), password=NEW).status_code == 200


def test_nobody_waits_for_a_hash(browse: Browse, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing takes long on purpose; in a transaction it would hold the one lock of all who write."""
    writing, hashed = threading.local(), list[str]()
    write, make = Database.write, Passwords.hash

    @contextmanager
    def noted(database: Database, *, durable: bool = True) -> Iterator[Session]:
        with write(database, durable=durable) as session:
            writing.now = True
            try:
                yield session
            finally:
                writing.now = False

    def watched(passwords: Passwords, password: str) -> PasswordHash:
        assert not getattr(writing, "now", False), "hashed in a transaction"
        hashed.append(password)
        return make(passwords, password)

    with services.database.write() as session:
        token = first_run.issue(session, services.clock())
    monkeypatch.setattr(Database, "write", noted)
    monkeypatch.setattr(Passwords, "hash", watched)
    ada = opened(browse)
    assert first(ada, str(token)).status_code == 200
    ada.csrf = ada.client.cookies[CSRF_COOKIE]
    new = {"name": "ann", "full_name": "Ann", "role": "inspector", "password": "a first one"}
    assert ada.post("/api/people", new).status_code == 201
    assert ada.post("/api/people/ann/password", {"password": "a second one"}).status_code == 204
    ann = opened(browse)
    monkeypatch.setattr(Passwords, "outdated", lambda *_: True)
    assert sign_in(ann, password="a second one").status_code == 200
    assert ann.post("/api/session/password", {"current": "a second one", "new": NEW}).status_code == 204
    assert hashed == [PASSWORD, "a first one", "a second one", "a second one", NEW]
    assert sign_in(opened(browse), password=NEW).status_code == 200


def test_ones_own_language(browse: Browse) -> None:
    browser = browse("inspector")
    assert browser.send("PATCH", "/api/session", {"language": "ko"}).json()["person"]["language"] == "ko"
    assert browser.send("PATCH", "/api/session", {"language": "fr"}).status_code == 422
