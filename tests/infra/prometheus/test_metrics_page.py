"""docs/metrics.md against what the processes register, what the rules read and what the dashboards draw."""

import json
import re
import subprocess

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from infra.grafana.content import dashboards
from infra.prometheus.distribution import Programs
from tests.infra.prometheus.metrics_page import documented
from tests.infra.prometheus.registries import PROCESSES
from tests.paths import REPO

LABELS = {
    *("edge", "camera", "verdict", "defect_class", "stage", "reason", "result", "model", "version", "digest"),
    *("topic", "partition"),
    *("method", "status", "route", "outcome"),
}
"""The closed set; a frame, a part or a person would make a series each."""


def registered(registry: CollectorRegistry) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Name as shown, type and labels of each metric; those without any series have no labels to be seen."""
    found = {}
    for family in registry.collect():
        shown = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {tuple(name for name in sample.labels if name != "le") for sample in family.samples}
        assert len(labels) == 1, f"{shown} has no series, or series of different labels: {labels}"
        found[shown] = (family.type, labels.pop())
    return found


@pytest.mark.parametrize("process", PROCESSES)
def test_the_page_tells_what_each_process_exposes(process: str) -> None:
    told = {row.name: (row.kind, row.labels) for row in documented() if row.process == process}
    assert registered(PROCESSES[process]()) == told


@pytest.mark.integration
@pytest.mark.parametrize("process", PROCESSES)
def test_prometheus_finds_nothing_wrong_with_the_names(process: str, programs: Programs) -> None:
    page = generate_latest(PROCESSES[process]())
    run = subprocess.run([programs.promtool, "check", "metrics"], input=page, capture_output=True, check=False)
    assert (run.returncode, run.stdout + run.stderr) == (0, b"")


def test_names_and_labels_follow_the_rules() -> None:
    rows = documented()
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert row.name.startswith(f"linewatch_{row.process}_"), row.name
        assert set(row.labels) <= LABELS, row.name
        assert "camera" not in row.labels or row.process == "gateway", row.name
        assert row.name.endswith("_total") == (row.kind == "counter"), row.name


def test_rules_and_dashboards_read_only_what_is_exposed() -> None:
    """A misspelt name makes a panel that is empty for ever, and an alert that never fires."""
    recording = yaml.safe_load((REPO / "infra/prometheus/rules/recording.yml").read_text(encoding="utf-8"))
    recorded = {rule["record"] for group in recording["groups"] for rule in group["rules"]}
    known = {series for row in documented() for series in row.series} | recorded
    alerts = (REPO / "infra/prometheus/rules/alerts.yml").read_text(encoding="utf-8")
    read = json.dumps([recording, yaml.safe_load(alerts), dashboards()])
    used = set(re.findall(r"(?<![\w:$])(?:[a-z_]+:)?linewatch_\w+(?::\w+)?", read))
    assert len(used) > 20
    assert used <= known, sorted(used - known)
