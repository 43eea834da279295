"""The API's description: complete, and kept by the API under random requests."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET
from schemathesis.core.result import Ok

from consumers.console.app import create_app
from consumers.console.auth.cookies import CSRF_HEADER
from consumers.console.openapi import permission_of
from infra.settings import Settings
from tests.consumers.console.browsers import Browser

DOCUMENT = create_app(Settings()).openapi()
CHECKS = list(HealthCheck)
OPERATIONS = [(method, path, said) for path, all_of in DOCUMENT["paths"].items() for method, said in all_of.items()]


@pytest.mark.parametrize(("method", "path", "said"), OPERATIONS, ids=[f"{m} {p}" for m, p, _ in OPERATIONS])
def test_each_operation_says_what_it_answers(method: str, path: str, said: dict[str, object]) -> None:
    answers = said["responses"]
    assert isinstance(answers, dict)
    assert said["x-permission"]
    assert "application/problem+json" in answers["422"]["content"]
    if said["x-permission"] != "public":
        assert {"401", "403"} <= set(answers)
        assert said["security"]
    good = [answer for status, answer in answers.items() if status.startswith("2") and status != "204"]
    for answer in good:
        for kind, content in answer["content"].items():
            assert content.get("schema"), (method, path, kind)
    for status, answer in answers.items():
        if status >= "400" and (status, path) != ("503", "/readyz"):
            assert list(answer["content"]) == ["application/problem+json"], (method, path, status)


def test_it_is_printed_without_database_or_broker() -> None:
    command = [sys.executable, "-m", "consumers.console.openapi"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == json.loads(json.dumps(DOCUMENT))


def test_a_route_without_a_guard_is_found() -> None:
    app = create_app(Settings())

    @app.get("/api/forgotten")
    def forgotten() -> None:
        return None

    assert permission_of(app.router.routes[-1]) is None  # type: ignore[arg-type]


def test_random_requests_are_never_a_failure_of_ours(browse: Callable[..., Browser]) -> None:
    browser = browse("model_developer", admin=True)
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    left_out = {"/api/events", "/api/sign-out"}  # one never ends, the other ends the session of this test
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        if operation.path not in left_out:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                try_at_random(browser, operation, mode)


def encoded(body: Any) -> bytes:
    """A body as it is sent: JSON, or the bytes that are none."""
    return body if isinstance(body, bytes) else json.dumps(body, default=str).encode()


def try_at_random(browser: Browser, operation: Any, mode: GenerationMode) -> None:
    """Send a handful of requests that fit the document, or that do not."""

    @settings(max_examples=4, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=CHECKS)
    @given(case=operation.as_strategy(mode))
    def send(case: Any) -> None:
        body = None if case.body is NOT_SET else encoded(case.body)
        query = urlencode([(name, value) for name, value in (case.query or {}).items()], errors="replace", doseq=True)
        answer = browser.client.request(
            case.method,
            f"{case.formatted_path}?{query}",
            headers={"Content-Type": "application/json", CSRF_HEADER: str(browser.csrf)},
            content=body,
        )
        assert answer.status_code < 500, (case.method, case.formatted_path, case.query, case.body, answer.text)
        documented = set(operation.definition.raw["responses"])
        # A path that its parameters make another one's is not of this operation.
        assert str(answer.status_code) in documented or answer.status_code in (404, 405), answer.text

    with suppress(Unsatisfiable):  # nothing can be wrong about an operation without parameters
        send()
