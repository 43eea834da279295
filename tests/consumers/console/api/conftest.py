"""Several people at one running application, as in a plant: each browser has its own cookies, all share one server."""

from collections.abc import Callable, Iterator
from typing import Any, Self

import pytest
from httpx2 import Response

from consumers.console.auth import sessions
from consumers.console.auth.cookies import CSRF_COOKIE, CSRF_HEADER, SESSION_COOKIE
from consumers.console.auth.secret_tokens import csrf_of
from consumers.console.services import Services
from tests.consumers.console.browsers import Browser, add_person


class Visitor(Browser):
    """A browser that shares another one's application."""

    def __init__(self, host: Browser) -> None:
        self.services, self.client, self.csrf = host.services, host.client, None
        self._cookies = ""

    def sign_in(self, name: str) -> Self:
        with self.services.database.write() as session:
            secret = sessions.start(session, name, self.services.clock(), "testclient")
        self.csrf = csrf_of(secret)
        self._cookies = f"{SESSION_COOKIE}={secret}; {CSRF_COOKIE}={self.csrf}"
        return self

    def get(self, path: str, **more: Any) -> Response:
        return self.client.get(path, **{**more, "headers": {"Cookie": self._cookies, **more.get("headers", {})}})

    def send(self, method: str, path: str, json: Any = None, **more: Any) -> Response:
        own = {"Cookie": self._cookies, **({CSRF_HEADER: self.csrf} if self.csrf else {})}
        return self.client.request(method, path, json=json, **{**more, "headers": {**own, **more.get("headers", {})}})


@pytest.fixture
def browse(services: Services) -> Iterator[Callable[..., Browser]]:
    """Open browsers: `browse()` is nobody's, `browse("inspector", "ann")` that of a new person in the role."""
    with Browser(services) as host:

        def open_browser(role: str | None = None, name: str | None = None, **more: object) -> Browser:
            visitor = Visitor(host)
            if role is not None:
                add_person(services, name or role.replace("_", "-"), role, **more)  # type: ignore[arg-type]
                visitor.sign_in(name or role.replace("_", "-"))
            return visitor

        yield open_browser
