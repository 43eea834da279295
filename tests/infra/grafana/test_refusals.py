"""Each of Grafana's refusals becomes the error that says what to do."""

from typing import Any

import pytest

from infra.grafana.errors import (
    GrafanaAnswerError,
    GrafanaConflictError,
    GrafanaError,
    GrafanaProvisionedError,
    GrafanaTokenError,
)
from infra.grafana.refusals import in_words

URL = "http://grafana:3000"
WHAT = "dashboard 'Line'"


@pytest.mark.parametrize(
    ("status", "answer", "kind", "todo"),
    [
        (401, {"message": "Invalid API key"}, GrafanaTokenError, "service account token"),
        (403, {"message": "Permissions needed: folders:create"}, GrafanaTokenError, "role Admin"),
        (403, {"message": "Cannot update read-only data source"}, GrafanaProvisionedError, "change it there"),
        (400, {"message": "Cannot save provisioned dashboard"}, GrafanaProvisionedError, "change it there"),
        (412, {"message": "changed", "status": "version-mismatch"}, GrafanaConflictError, "run the command again"),
        (412, {"message": "same name", "status": "name-exists"}, GrafanaConflictError, "rename or delete that one"),
        (412, {"message": "plugin", "status": "plugin-dashboard"}, GrafanaConflictError, "plugin"),
        (409, {"message": "uid exists"}, GrafanaConflictError, "rename or delete"),
        (412, {"message": "new", "status": "never-heard-of"}, GrafanaConflictError, "rename or delete"),
        (500, {"message": "database is locked"}, GrafanaAnswerError, "Grafana's own log"),
        (503, "upstream connect error", GrafanaAnswerError, "Grafana's own log"),
        (404, "404 page not found", GrafanaAnswerError, "address and path"),
        (400, {"message": "bad request data"}, GrafanaAnswerError, "address and path"),
    ],
)
def test_a_refusal_says_what_happened_and_what_to_do(
    status: int, answer: Any, kind: type[GrafanaError], todo: str
) -> None:
    error = in_words(URL, WHAT, status, answer)
    assert type(error) is kind
    assert todo in str(error)
    assert (answer["message"] if isinstance(answer, dict) else answer) in str(error)
    assert URL in str(error) or WHAT in str(error)


@pytest.mark.parametrize("answer", [None, [], ["message"], 7, {"message": None}, {"status": ["a list"]}, {}])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 500])
def test_a_body_of_any_shape_still_gives_an_error(status: int, answer: Any) -> None:
    assert isinstance(in_words(URL, WHAT, status, answer), GrafanaError)


def test_a_whole_page_of_a_proxy_is_cut_short() -> None:
    assert len(str(in_words(URL, WHAT, 502, "<html>" + "x" * 100_000))) < 600
