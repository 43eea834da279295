"""A browser as the console's API sees one: cookies, and the CSRF token as a header."""

from types import TracebackType
from typing import Any, Self

from fastapi.testclient import TestClient
from httpx2 import Response

from consumers.console.app import create_app
from consumers.console.auth import people, sessions
from consumers.console.auth.cookies import CSRF_COOKIE, CSRF_HEADER, SESSION_COOKIE
from consumers.console.auth.people import Profile
from consumers.console.auth.secret_tokens import csrf_of
from consumers.console.permissions import Role
from consumers.console.services import Services
from tests.consumers.console.services import FAST_PASSWORDS

PASSWORD = "correct horse battery staple"
_KEPT = FAST_PASSWORDS.hash(PASSWORD)


class SomeActor:
    """Who adds people in tests."""

    name = "test"
    role = "test"
    address = None


def add_person(services: Services, name: str, role: Role = "inspector", **more: Any) -> None:
    """Add a person with PASSWORD; `more` are fields of Profile."""
    with services.database.write() as session:
        profile = Profile(name=name, full_name=name.title(), role=role, **more)
        people.add(session, profile, _KEPT, by=SomeActor(), at_us=services.clock(), must_change=False)


class Browser:
    """A client of the app on these services; `sign_in` makes it somebody's. Use it as a context manager."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.client = TestClient(create_app(services.settings, services), raise_server_exceptions=False)
        self.csrf: str | None = None

    def sign_in(self, name: str) -> Self:
        """Give it a session without asking for the password; None of the cookies is checked here."""
        with self.services.database.write() as session:
            secret = sessions.start(session, name, self.services.clock(), "testclient")
        self.csrf = csrf_of(secret)
        self.client.cookies.clear()
        self.client.cookies.set(SESSION_COOKIE, secret)
        self.client.cookies.set(CSRF_COOKIE, self.csrf)
        return self

    def get(self, path: str, **more: Any) -> Response:
        return self.client.get(path, **more)

    def send(self, method: str, path: str, json: Any = None, **more: Any) -> Response:
        headers = {CSRF_HEADER: self.csrf} if self.csrf else {}
        return self.client.request(method, path, json=json, headers={**headers, **more.pop("headers", {})}, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> Response:
        return self.send("POST", path, json, **more)

    def __enter__(self) -> Self:
        self.client.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.__exit__(kind, error, trace)
