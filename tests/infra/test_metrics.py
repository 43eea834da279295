import socket
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, Counter

from infra.metrics import MetricsPortError, serve_metrics


def test_a_registry_is_served_on_a_free_port() -> None:
    registry = CollectorRegistry()
    Counter("linewatch_test_things", "Things.", registry=registry).inc(3)
    with urlopen(f"http://127.0.0.1:{serve_metrics(registry, 0)}/metrics", timeout=10) as page:
        assert b"linewatch_test_things_total 3.0" in page.read()


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MetricsPortError, match=f"127.0.0.1:{port}"):
            serve_metrics(CollectorRegistry(), port)
