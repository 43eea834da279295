"""Every failure is a problem document."""

from collections.abc import Callable

import pytest
from sqlalchemy.exc import OperationalError

from consumers.console.api import policies
from consumers.console.errors import NotPublishedError, PeopleError, ProblemError
from infra.blobs import BlobError
from infra.kafka import BrokerAwayError
from tests.consumers.console.browsers import Browser

Browse = Callable[..., Browser]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ProblemError(409, "lease_lost", "claim it again"), 409, "lease_lost"),
        (PeopleError("too short"), 422, "not_usable"),
        (NotPublishedError("away"), 503, "broker_away"),
        (BrokerAwayError("away"), 503, "broker_away"),
        (OperationalError("SELECT secret", {}, Exception("locked")), 503, "database_away"),
        (BlobError("gone"), 503, "not_available"),
        (ZeroDivisionError("secret"), 500, "bug"),
    ],
)
def test_what_is_raised_below_is_answered(
    browse: Browse, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    browser = browse("inspector")

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(policies, "select", fail)
    answer = browser.get("/api/policies")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert set(answer.json()) == {"type", "title", "status", "detail", "code"}
    assert "secret" not in answer.text


def test_wrong_input_says_where(browse: Browse) -> None:
    answer = browse("model_developer").send("PUT", "/api/policies/a", {"revision": "x"})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("body.revision:")


def test_unknown_paths_and_methods(browse: Browse) -> None:
    browser = browse("inspector")
    assert browser.get("/api/nothing").json()["code"] == "not_found"
    assert browser.send("DELETE", "/api/policies").json()["code"] == "method_not_allowed"
