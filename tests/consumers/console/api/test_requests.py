"""Asking for labels over HTTP."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from consumers.console.services import Services
from consumers.console.tables.outbox import OutboxRow
from schemas.records import LabelingRequest
from tests.consumers.console.browsers import Browser
from tests.consumers.console.labeling.rows import NOW, fill, inspection_row
from tests.consumers.console.services import KeepingPublisher

Browse = Callable[..., Browser]


def test_a_wish_reaches_the_queue_and_the_audit(
    services: Services, browse: Browse, publisher: KeepingPublisher
) -> None:
    fill(services.database, inspection_row(1), inspection_row(2))
    body = {"edge_id": "press-1", "frame_ids": ["cam-1/1", "cam-1/2"], "note": "new light", "priority": 3}
    answer = browse("operations_manager", "olga").post("/api/labeling-requests", body)
    assert answer.status_code == 201, answer.text
    (request,) = publisher.records("labeling-requests")
    assert isinstance(request, LabelingRequest)
    assert answer.json() == {"request_id": request.request_id, "frames": 2}
    assert (request.requested_by, request.note, request.priority, len(request.frames)) == ("olga", "new light", 3.0, 2)
    assert publisher.sent[-1].key == "press-1"
    with services.database.read() as session:
        events = [row.event for row in session.scalars(select(OutboxRow))]
    (event,) = [event for event in events if event["action"] == "labels.request"]
    assert (event["actor"], event["subject"]) == ("olga", f"press-1/{request.request_id}")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "either frame_ids or both"),
        ({"frame_ids": ["cam-1/1"], "from_us": 1, "to_us": 2}, "either frame_ids or both"),
        ({"from_us": 1}, "either frame_ids or both"),
        ({"from_us": 5, "to_us": 2}, "lies before"),
        ({"from_us": NOW, "to_us": NOW + 1, "limit": 0}, "limit"),
        ({"frame_ids": ["cam-1/7"]}, "cam-1/7"),
        ({"from_us": NOW, "to_us": NOW + 1}, "no frame of edge press-1"),
    ],
)
def test_a_wish_that_means_nothing_is_refused(
    browse: Browse, publisher: KeepingPublisher, body: dict[str, object], said: str
) -> None:
    answer = browse("inspector").post("/api/labeling-requests", {"edge_id": "press-1", **body})
    assert answer.status_code == 422, answer.text
    assert said in answer.json()["detail"]
    assert publisher.records("labeling-requests") == []


def test_with_kafka_away_nothing_was_asked(services: Services, browse: Browse, publisher: KeepingPublisher) -> None:
    fill(services.database, inspection_row(1))
    publisher.away = True
    answer = browse("inspector").post("/api/labeling-requests", {"edge_id": "press-1", "frame_ids": ["cam-1/1"]})
    assert answer.status_code == 503
    with services.database.read() as session:
        assert "labels.request" not in {row.event["action"] for row in session.scalars(select(OutboxRow))}


def test_product_managers_do_not_ask(browse: Browse) -> None:
    assert browse("product_manager").post("/api/labeling-requests", {"edge_id": "x"}).status_code == 403
