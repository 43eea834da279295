"""Policies: published first, then shown; nobody overwrites what he did not see."""

from collections.abc import Callable

import pytest

from consumers.console.services import Services
from schemas.records import EdgePolicy
from tests.consumers.console import records
from tests.consumers.console.auth.test_people import events
from tests.consumers.console.browsers import Browser
from tests.consumers.console.projection.test_writing import write
from tests.consumers.console.services import KeepingPublisher

Browse = Callable[..., Browser]


def test_a_policy_is_published_and_shown_at_once(
    browse: Browse, services: Services, publisher: KeepingPublisher
) -> None:
    browser = browse("operations_manager", name="olga")
    assert browser.get("/api/policies/press-1").json()["code"] == "no_policy"
    body = {"revision": 0, "classes": ["good", "scratch"], "guide": {"scratch": "a line"}, "draw_boxes": True}
    shown = browser.send("PUT", "/api/policies/press-1", body).json()
    assert (shown["revision"], shown["set_by"], shown["queue_cap"]) == (1, "olga", 500)
    (sent,) = publisher.sent
    assert isinstance(sent.record, EdgePolicy)
    assert (sent.topic.name, sent.key, sent.record.revision, sent.record.classes) == (
        "edge-policies",
        "press-1",
        1,
        ["good", "scratch"],
    )
    assert browser.get("/api/policies").json() == [shown] == [browser.get("/api/policies/press-1").json()]
    assert events(services)[-1].action == "policy.set"


def test_an_old_revision_is_refused(browse: Browse, services: Services, publisher: KeepingPublisher) -> None:
    write(services.database, records.policy(3))
    browser = browse("model_developer")
    for revision in (0, 2, 4):
        answer = browser.send("PUT", "/api/policies/press-1", {"revision": revision})
        assert (answer.status_code, answer.json()["code"]) == (409, "policy_changed")
    assert publisher.sent == []
    assert browser.send("PUT", "/api/policies/press-1", {"revision": 3}).json()["revision"] == 4
    assert browser.send("PUT", "/api/policies/press-1", {"revision": 3}).status_code == 409


def test_without_kafka_nothing_is_changed(browse: Browse, services: Services, publisher: KeepingPublisher) -> None:
    publisher.away = True
    browser = browse("model_developer")
    answer = browser.send("PUT", "/api/policies/press-1", {"revision": 0})
    assert (answer.status_code, answer.json()["code"]) == (503, "broker_away")
    assert browser.get("/api/policies").json() == []
    publisher.away = False
    assert browser.send("PUT", "/api/policies/press-1", {"revision": 0}).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"sample_rate": 1.5},
        {"window": "25:00-26:00"},
        {"queue_cap": 0},
        {"unknown": 1},
        {"classes": [""]},
        {"line": "\x00"},
    ],
)
def test_what_makes_no_sense_is_refused(browse: Browse, wrong: dict[str, object]) -> None:
    assert browse("model_developer").send("PUT", "/api/policies/press-1", {"revision": 0, **wrong}).status_code == 422


def test_an_edge_must_have_a_name_that_topics_can_carry(browse: Browse) -> None:
    assert browse("model_developer").send("PUT", "/api/policies/Press_1", {"revision": 0}).status_code == 422
