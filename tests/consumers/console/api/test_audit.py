"""Audit events and dead letters, page by page."""

from collections.abc import Callable

from consumers.console.services import Services
from tests.consumers.console import records
from tests.consumers.console.browsers import Browser
from tests.consumers.console.projection.test_writing import write

Browse = Callable[..., Browser]


def test_pages_newest_first_without_gap_or_repetition(browse: Browse, services: Services) -> None:
    write(services.database, *(records.audit_event(n, at_us=records.AT_US + n // 3) for n in range(10)))
    browser, seen, cursor = browse("operations_manager"), [], None
    while True:
        page = browser.get("/api/audit", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [item["audit_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"audit-{n:04d}" for n in reversed(range(10))]


def test_filters_are_exact(browse: Browse, services: Services) -> None:
    write(services.database, records.audit_event(1), records.audit_event(2, actor="bea", subject="x"))
    browser = browse("operations_manager")

    def found(**wanted: str) -> list[str]:
        return [item["actor"] for item in browser.get("/api/audit", params=wanted).json()["items"]]

    assert found(actor="bea") == ["bea"]
    assert found(subject="x") == ["bea"]
    assert found(action="person.add") == ["bea", "ada"]
    assert found(actor="b") == []
    assert browser.get("/api/audit", params={"cursor": "made up"}).json()["code"] == "cursor_invalid"


def test_dead_letters(browse: Browse, services: Services) -> None:
    write(services.database, records.dead_letter(1), records.dead_letter(2, reader="console"))
    page = browse("model_developer").get("/api/dead-letters", params={"reader": "console"}).json()
    (item,) = page["items"]
    assert (item["offset"], item["size"], item["letter_id"]) == (2, 8, "console/inspections/0/2")
