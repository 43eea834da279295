"""The application as a whole."""

from collections.abc import Callable

import pytest

from consumers.console.app import BESIDE, ROUTERS, create_app
from infra.settings import Settings
from tests.consumers.console.browsers import Browser


def test_nothing_is_loaded_from_elsewhere() -> None:
    app = create_app(Settings())
    assert (app.docs_url, app.redoc_url) == (None, None)


def test_all_routes_are_described() -> None:
    described = set(create_app(Settings()).openapi()["paths"])
    prefixed = [("/api", router) for router in ROUTERS] + [("", router) for router in BESIDE]
    assert {prefix + route.path for prefix, router in prefixed for route in router.routes} == described  # type: ignore[attr-defined]


def test_a_body_beyond_all_measure_is_refused(browse: Callable[..., Browser]) -> None:
    answer = browse("model_developer").send("PUT", "/api/policies/a", {"line": "x" * 5_000_000})
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_no_documentation_page_of_somebody_else(browse: Callable[..., Browser], path: str) -> None:
    assert "swagger" not in browse().get(path).text.lower()
