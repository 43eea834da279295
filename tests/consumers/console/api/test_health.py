"""Health and figures."""

from collections.abc import Callable

import pytest

from consumers.console.projection.rebuilding import forget_projection
from consumers.console.services import Services
from tests.consumers.console.browsers import Browser

Browse = Callable[..., Browser]


def test_alive_and_ready(browse: Browse, services: Services) -> None:
    browser = browse()
    services.projection.set(standing="waiting", detail="no broker answers", lag=3)
    assert browser.get("/healthz").json() == {"status": "ok"}
    ready = browser.get("/readyz")
    assert ready.status_code == 200, "old pages are better than none"
    said = {"ready": True, "database": "ok", "projection": "waiting", "lag": 3, "catching_up": False}
    assert said.items() <= ready.json().items()
    forget_projection(services.database)
    assert browser.get("/readyz").json()["catching_up"]


def test_without_its_database_it_is_alive_but_not_ready(
    browse: Browse, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = browse()
    monkeypatch.setattr("consumers.console.api.health.reachable", lambda _: "the database does not answer: gone")
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "the database does not answer: gone")
    assert browser.get("/healthz").status_code == 200


def test_without_live_events_it_is_not_ready(
    browse: Browse, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = browse()
    assert browser.get("/readyz").json()["events"] == "ok"
    monkeypatch.setattr(services.hub, "_died", "live events ended: MemoryError")
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.json()["events"]) == (503, "live events ended: MemoryError")


def test_figures_know_routes_not_paths(browse: Browse) -> None:
    browser = browse()
    browser.get("/api/policies/press-1")
    browser.get("/somewhere")
    figures = browser.get("/metrics").text
    assert 'linewatch_console_requests_total{method="GET",route="/api/policies/{edge_id}",status="401"} 1.0' in figures
    assert "press-1" not in figures
    assert "somewhere" not in figures
