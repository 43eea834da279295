"""Questions to Prometheus: what an answer means, and every way in which there is none."""

import json
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from infra.broker.ports import free_ports
from infra.prometheus.errors import QueryError
from infra.prometheus.query import Sample, get, query


@contextmanager
def answering(status: int, body: bytes) -> Iterator[tuple[str, list[str]]]:
    """A server that gives one answer to everything; its address, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def found(kind: str, result: Any) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode()


def test_a_vector_is_a_sample_for_each_series() -> None:
    rows = [{"metric": {"edge": "press-1"}, "value": [1.5, "3"]}, {"metric": {}, "value": [1.5, "+Inf"]}]
    with answering(200, found("vector", rows)) as (url, asked):
        samples = query(f"{url}/", 'up{edge="a b"}')
    assert samples == [Sample(labels={"edge": "press-1"}, value=3.0), Sample(labels={}, value=math.inf)]
    assert asked == ["/api/v1/query?query=up%7Bedge%3D%22a+b%22%7D"]


def test_a_scalar_is_a_sample_without_labels() -> None:
    with answering(200, found("scalar", [1.5, "NaN"])) as (url, _):
        (sample,) = query(url, "scalar(up)")
    assert sample.labels == {}
    assert math.isnan(sample.value)


def test_nothing_found_is_an_empty_list() -> None:
    with answering(200, found("vector", [])) as (url, _):
        assert query(url, "absent_metric") == []


def test_a_wrong_expression_is_told_in_the_servers_words() -> None:
    said = {"status": "error", "errorType": "bad_data", "error": "parse error: unexpected end of input"}
    with (
        answering(400, json.dumps(said).encode()) as (url, _),
        pytest.raises(QueryError, match="parse error: unexpected end of input"),
    ):
        query(url, "sum(")


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"[]", b'{"no": "error"}', b"\xff\xfe"])
def test_a_refusal_in_any_other_form_shows_status_and_body(body: bytes) -> None:
    with answering(502, body) as (url, _), pytest.raises(QueryError, match="502"):
        query(url, "up")


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[]", b"null", b'{"status": "success"}'])
def test_what_is_not_prometheus_is_said_to_be_none(body: bytes) -> None:
    with answering(200, body) as (url, _), pytest.raises(QueryError, match="is not Prometheus"):
        get(url, "query", query="up")


@pytest.mark.parametrize("data", [None, [], {}, {"resultType": "vector"}, {"resultType": "vector", "result": [{}]}])
def test_an_answer_without_a_result_is_no_answer_of_prometheus(data: Any) -> None:
    with (
        answering(200, json.dumps({"data": data}).encode()) as (url, _),
        pytest.raises(QueryError, match="is not Prometheus"),
    ):
        query(url, "up")


def test_nobody_at_the_address_is_a_clear_error() -> None:
    with pytest.raises(QueryError, match=r"does not answer .*is it running"):
        query(f"http://127.0.0.1:{free_ports(1)[0]}", "up")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "prometheus:9090", "", "ftp://host"])
def test_only_http_addresses_are_opened(url: str) -> None:
    with pytest.raises(QueryError, match="LINEWATCH_PROMETHEUS_URL"):
        query(url, "up")
