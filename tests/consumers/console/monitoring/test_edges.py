"""Edges at a glance."""

from typing import Any

import msgspec
import pytest

from consumers.console.database import Database
from consumers.console.monitoring.edges import EdgeTable
from consumers.console.tables.edges import CameraRow, EdgeReportRow, MinuteRow
from consumers.console.views.monitor import EdgeView
from schemas.records import EdgeReported, EdgeStatistics, ModelRef
from schemas.records.operations import Histogram
from tests.consumers.console.labeling.rows import NOW, fill, inspection_row, policy_row
from tests.consumers.console.services import FakeClock

MODEL = ModelRef(name="press", version="3", digest="sha256:" + "b" * 64, kind="classification")


def report(edge_id: str, instance: str = "pc-1", at_us: int = NOW, **changes: Any) -> EdgeReportRow:
    values: dict[str, Any] = {
        "edge_id": edge_id,
        "instance": instance,
        "reported_at_us": at_us,
        "started_at_us": NOW,
        "state": "running",
        "healthy": True,
        "software": "0.1.0",
        "active": MODEL,
        "config_revision": 4,
        "cameras": ["cam-2"],
    }
    record = EdgeReported(**{**values, **changes})
    return EdgeReportRow(
        edge_id=edge_id,
        instance=instance,
        reported_at_us=at_us,
        state=record.state,
        healthy=record.healthy,
        report=msgspec.to_builtins(record),
    )


def minute(number: int, camera: str, inspections: int, **changes: Any) -> MinuteRow:
    values: dict[str, Any] = {
        "edge_id": "press-1",
        "camera_id": camera,
        "minute_us": NOW - number * 60_000_000,
        "writer": "line_statistics",
        "closed": True,
        "inspections": inspections,
        "verdicts": {"pass": inspections - 1, "fail": 1},
        "latency": Histogram(bounds=[0.1, 0.2], counts=[inspections, 0, 0]),
    }
    record = EdgeStatistics(**{**values, **changes})
    return MinuteRow(
        edge_id="press-1",
        minute_us=record.minute_us,
        camera_id=camera,
        writer="line_statistics",
        closed=True,
        inspections=record.inspections,
        missing=record.missing,
        labels=0,
        escapes=0,
        overkill=0,
        kappa=None,
        statistics=msgspec.to_builtins(record),
    )


def table(database: Database, clock: FakeClock | None = None) -> dict[str, EdgeView]:
    views = EdgeTable(database, clock or FakeClock(NOW)).all()
    return {view.edge_id: EdgeView.model_validate_json(view.model_dump_json()) for view in views}


@pytest.fixture
def plant(database: Database) -> Database:
    camera = CameraRow(camera_id="cam-1", edge_id="press-1", epoch=1, gateway="gw:1", claimed_at_us=NOW)
    fill(database, policy_row(), camera, report("press-1"), inspection_row(1, captured_at_us=NOW - 2_000_000))
    return database


def test_policy_reports_cameras_and_inspections_make_an_edge(plant: Database) -> None:
    edge = table(plant)["press-1"]
    assert (edge.line, edge.tags, edge.product, edge.state, edge.trouble) == (
        "line-1",
        ["glass"],
        "panel",
        "running",
        None,
    )
    assert edge.model is not None
    assert (edge.model.version, edge.config_revision, edge.instances, edge.cameras) == ("3", 4, 1, ["cam-1", "cam-2"])
    assert (edge.last_seen_us, edge.lag) == (NOW, 2.0)


def test_an_edge_that_does_not_report_for_half_a_minute_is_silent(plant: Database) -> None:
    clock = FakeClock(NOW + 29_999_999)
    assert table(plant, clock)["press-1"].state == "running"
    clock.pass_s(1)
    edge = table(plant, clock)["press-1"]
    assert (edge.state, edge.instances) == ("silent", 0)
    assert edge.trouble == "no report for 30 s: look at the factory PC and its network"
    assert edge.trouble_code == "silent"
    fill(plant, report("press-1", "pc-2", clock.at_us))
    edge = table(plant, clock)["press-1"]
    assert (edge.state, edge.instances, edge.trouble, edge.trouble_code) == ("running", 1, None, None)


def test_an_edge_that_never_reported_says_so(database: Database) -> None:
    fill(database, policy_row("press-9"))
    edge = table(database)["press-9"]
    assert (edge.state, edge.model, edge.last_seen_us, edge.lag) == ("unknown", None, None, None)
    assert edge.trouble == "it never reported: start `linewatch edge`"
    assert edge.trouble_code == "never_reported"


def test_an_unhealthy_process_is_the_trouble(plant: Database) -> None:
    fill(plant, report("press-1", "pc-2", healthy=False, state="refused", message="the model's golden set failed"))
    edge = table(plant)["press-1"]
    assert (edge.trouble_code, edge.trouble) == ("unhealthy", "pc-2: the model's golden set failed")


def test_the_hour_adds_cameras_and_minutes_and_forgets_older_ones(plant: Database) -> None:
    fill(
        plant, minute(1, "cam-1", 60), minute(2, "cam-1", 60, missing=3), minute(1, "cam-2", 30), minute(61, "cam-1", 9)
    )
    hour = table(plant)["press-1"].hour
    assert (hour.inspections, hour.missing, hour.verdicts) == (150, 3, {"pass": 147, "fail": 3})
    assert hour.latency_p50_ms == pytest.approx(50)
    assert hour.latency_p99_ms == pytest.approx(99)


def test_everybody_shares_what_was_read_a_moment_ago(plant: Database) -> None:
    clock = FakeClock(NOW)
    edges = EdgeTable(plant, clock)
    assert edges.all() is edges.all()
    fill(plant, policy_row("press-2"))
    assert len(edges.all()) == 1
    clock.pass_s(1)
    assert len(edges.all()) == 2


def test_some_edges_are_read_now(plant: Database) -> None:
    fill(plant, policy_row("press-2"))
    edges = EdgeTable(plant, FakeClock(NOW))
    with plant.read() as session:
        assert [edge.edge_id for edge in edges.some(session, {"press-2", "gone"})] == ["press-2"]
