"""A real Prometheus with our configuration."""

import signal
from pathlib import Path

import pytest
import yaml

from infra.prometheus.distribution import Programs
from infra.prometheus.errors import PrometheusStartError, QueryError
from infra.prometheus.query import get, query
from infra.prometheus.server import PrometheusServer, write_configuration
from tests.paths import REPO


def test_the_configuration_is_ours_with_the_interval_asked_for(tmp_path: Path) -> None:
    written = write_configuration(tmp_path)
    assert written.read_bytes() == (REPO / "infra/prometheus/prometheus.yml").read_bytes()
    assert yaml.safe_load(write_configuration(tmp_path, 1).read_text())["global"] == {
        "scrape_interval": "1s",
        "scrape_timeout": "1s",
        "evaluation_interval": "1s",
    }
    assert {path.name for path in (tmp_path / "prometheus/rules").iterdir()} == {"alerts.yml", "recording.yml"}


@pytest.mark.integration
def test_it_starts_with_our_rules_and_stops_in_order(programs: Programs, tmp_path: Path) -> None:
    with PrometheusServer.start(programs, tmp_path) as server:
        assert [sample.value for sample in query(server.url, "vector(1) + 1")] == [2.0]
        assert query(server.url, "42")[0].value == 42.0
        rules = {rule["name"] for group in get(server.url, "rules")["groups"] for rule in group["rules"]}
        assert {"LinewatchEdgeSilent", "edge:linewatch_edge_error_share:ratio_rate5m"} <= rules
        with pytest.raises(QueryError, match="parse error"):
            query(server.url, "sum by (edge")
    # Go ends by the signal's code or 0; what counts is that it was not killed.
    assert server.process.returncode != -signal.SIGKILL
    server.stop()
    with pytest.raises(QueryError, match="does not answer"):
        query(server.url, "1")


@pytest.mark.integration
def test_a_taken_port_is_named(programs: Programs, tmp_path: Path) -> None:
    with PrometheusServer.start(programs, tmp_path / "a") as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(PrometheusStartError, match=f"port {port} .* is taken"):
            PrometheusServer.start(programs, tmp_path / "b", port=port)


@pytest.mark.integration
def test_a_server_that_can_not_start_is_quoted(programs: Programs, tmp_path: Path) -> None:
    (tmp_path / "prometheus").mkdir()
    (tmp_path / "prometheus/tsdb").write_text("not a folder")
    with pytest.raises(PrometheusStartError, match=r"exit code [12].*prometheus\.log"):
        PrometheusServer.start(programs, tmp_path)


def test_an_address_that_is_not_http_is_refused() -> None:
    with pytest.raises(QueryError, match="LINEWATCH_PROMETHEUS_URL"):
        query("file:///etc", "1")
