"""A real Prometheus over the real processes of a running line: every query of every dashboard returns data."""

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

import pytest

from consumers.inference.rules.defaults import default_recipe
from infra.grafana.content import dashboards
from infra.prometheus.distribution import ensure_programs
from infra.prometheus.errors import QueryError
from infra.prometheus.query import get, query
from infra.prometheus.server import PrometheusServer
from infra.settings import load_settings
from tests.conftest import StartCluster
from tests.consumers.inference.artifacts import rules_artifact
from tests.integration.factory import Factory, eventually, running_factory

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

EDGE, CAMERA = "press-1", "press-1-top"
JOBS = ("gateway", "edge", "statistics")
"""The processes of the line that this test starts."""


def start_line(line: Factory, folder: Path) -> None:
    """A camera whose parts are sometimes flawed, an edge, statistics; each tells Prometheus of itself."""
    model = rules_artifact(folder / "model", default_recipe("surface"), 224, 224)
    commands = {
        "gateway": ["gateway", "--edge", EDGE, "--camera", CAMERA, "--source", "synthetic:panel?seed=3", "--fps", "8"],
        "edge": ["edge", "--edge", EDGE, "--model", str(model.directory)],
        "statistics": ["streams", "statistics"],
    }
    line.prepare(EDGE)
    line.start("ticks", "streams", "ticks")
    for job, command in commands.items():
        line.start(job, *command, "--metrics-port", "0")


def drawn(dashboard: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Panel and query, as Grafana would send it with all edges chosen and a scrape interval of a second."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"].replace("$edge", ".*")
            yield (
                f"{dashboard['title']} / {panel['title']} {target['refId']}",
                expression.replace("$__rate_interval", "10s").replace("$__range", "30m"),
            )


def without_data(url: str) -> list[str]:
    """The queries that give nothing, or nothing that can be drawn."""
    empty = []
    for dashboard in dashboards():
        for where, expression in drawn(dashboard):
            try:
                samples = query(url, expression)
            except QueryError as error:
                # A wrong query stays wrong: no use waiting for it.
                pytest.fail(f"{where}: {error}")
            if not any(isfinite(sample.value) for sample in samples):
                empty.append(f"{where}: {expression}")
    return empty


def value(url: str, expression: str) -> float:
    """The one value of an expression; 0 when there is none yet."""
    samples = query(url, expression)
    assert len(samples) <= 1, samples
    return samples[0].value if samples else 0.0


def test_prometheus_sees_the_line_and_every_panel_has_data(start_cluster: StartCluster, tmp_path: Path) -> None:
    programs = ensure_programs(load_settings().cache_dir)
    with running_factory(start_cluster(), tmp_path) as line:
        start_line(line, tmp_path)
        with PrometheusServer.start(programs, line.settings.data_dir, scrape_interval_s=1) as prometheus:
            url = prometheus.url
            eventually(
                lambda: {sample.labels["job"] for sample in query(url, "up == 1")} == set(JOBS),
                lambda: (query(url, "up"), [line.log(job)[-1000:] for job in JOBS]),
            )
            eventually(
                lambda: not without_data(url), lambda: (without_data(url), [line.log(job)[-1000:] for job in JOBS])
            )
            assert get(url, "label/edge/values", **{"match[]": "linewatch_edge_inspections_total"}) == [EDGE]

            # What Prometheus adds up is what lies in the topics, once the line stands still.
            line.processes["gateway"].terminate()
            assert line.processes["gateway"].wait(60) == 0, line.log("gateway")
            eventually(
                lambda: line.verdicts_counted(EDGE).total() == sum(map(len, line.frames(EDGE).values())) > 0,
                lambda: (line.verdicts_counted(EDGE), line.log("statistics")),
            )
            counted = line.verdicts_counted(EDGE)
            for metric in ("linewatch_edge_inspections_total", "linewatch_statistics_inspections_total"):
                eventually(
                    lambda metric=metric: (  # type: ignore[misc]
                        {
                            sample.labels["verdict"]: sample.value
                            for sample in query(url, f"sum by (verdict) ({metric})")
                            if sample.value
                        }
                        == dict(counted)
                    ),
                    lambda metric=metric: (counted, query(url, metric)),  # type: ignore[misc]
                )
            assert value(url, "sum(linewatch_statistics_missing_frames_total)") == 0
            firing = {sample.labels["alertname"] for sample in query(url, 'ALERTS{alertstate="firing"}')}
            # The gateway ended in order, so nobody misses it.
            assert firing == set()
