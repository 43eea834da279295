"""Headers of every answer."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from consumers.console.app import create_app
from consumers.console.security import CONTENT_SECURITY_POLICY, route_template
from consumers.console.services import Services
from infra.settings import Settings
from tests.consumers.console.browsers import Browser


@pytest.mark.parametrize("path", ["/", "/label", "/healthz", "/api/session", "/api/policies", "/nothing.js"])
def test_every_answer_has_them(browse: Callable[..., Browser], path: str) -> None:
    headers = browse().get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert "strict-transport-security" not in headers
    assert "server" not in headers
    if path.startswith("/api/"):
        assert headers["cache-control"] == "no-store"


def test_scripts_are_ours_alone() -> None:
    parts = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert parts["script-src"] == parts["default-src"] == parts["connect-src"] == "'self'"
    assert parts["frame-ancestors"] == parts["object-src"] == "'none'"
    assert "http" not in CONTENT_SECURITY_POLICY


def test_behind_https_browsers_stay_there(services: Services) -> None:
    secure = Settings(data_dir=services.settings.data_dir, console_secure_cookies=True)
    with TestClient(create_app(secure, services)) as client:
        assert client.get("/healthz").headers["strict-transport-security"].startswith("max-age=63072000")


def test_a_path_that_is_no_route_has_no_name() -> None:
    assert route_template({"path": "/x"}) == "other"
