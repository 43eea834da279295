import json
import socket
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, Counter

from infra.metrics import MetricsPortError, metrics_page, serve_metrics
from infra.prometheus.targets import targets_dir
from infra.settings import Settings


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


@pytest.mark.parametrize(("address", "seen"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")])  # noqa: S104
def test_prometheus_knows_a_process_while_it_runs(tmp_path: Path, address: str, seen: str) -> None:
    registry = CollectorRegistry()
    Counter("linewatch_test_things", "Things.", registry=registry)
    settings = Settings(data_dir=tmp_path, metrics_address=address)
    with metrics_page(settings, registry, 0, job="edge", name="press-1.a") as port:
        target = json.loads((targets_dir(tmp_path) / "edge-press-1.a.json").read_text())[0]["targets"][0]
        assert target == f"{seen}:{port}"
        with urlopen(f"http://{target}/metrics", timeout=10) as page:
            assert b"linewatch_test_things_total" in page.read()
    assert list(targets_dir(tmp_path).iterdir()) == []


def test_no_port_means_no_page_and_no_target(tmp_path: Path) -> None:
    with metrics_page(Settings(data_dir=tmp_path), CollectorRegistry(), None, job="edge", name="a") as port:
        assert port is None
    assert not targets_dir(tmp_path).exists()
