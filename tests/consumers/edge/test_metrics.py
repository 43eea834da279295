"""What an edge tells Prometheus is what it did."""

from prometheus_client import CollectorRegistry

from consumers.edge.metrics import STAGES, EdgeMetrics
from schemas.records import FrameLocation, Inspection, ModelRef, StageLatency


def inspection(**values: object) -> Inspection:
    latency = StageLatency(
        transport_us=5,
        queue_us=1_000_000,
        fetch_us=0,
        decode_us=2_000_000,
        preprocess_us=0,
        infer_us=3_000_000,
        judge_us=0,
        total_us=6_000_000,
    )
    return Inspection(
        edge_id="edge-1",
        instance="one",
        camera_id="cam-1",
        sequence=1,
        epoch=1,
        captured_at_us=1,
        inspected_at_us=2,
        frame=FrameLocation(topic="t", partition=0, offset=0, sha256="0" * 64),
        latency=latency,
        **values,  # type: ignore[arg-type]
    )


def test_an_inspection_is_counted_under_its_verdict_class_and_stages() -> None:
    registry = CollectorRegistry()
    metrics = EdgeMetrics.build(registry, "edge-1")

    metrics.observe(inspection(verdict="fail", defect_class="dent", deadline_missed=True))
    metrics.observe(inspection(verdict="pass"))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"linewatch_edge_{name}", {"edge": "edge-1", **labels})

    assert value("inspections_total", verdict="fail") == value("inspections_total", verdict="pass") == 1
    assert value("inspections_total", verdict="error") == 0
    assert value("defects_total", defect_class="dent") == 1
    assert value("deadline_missed_total") == 1
    assert (value("latency_seconds_count"), value("latency_seconds_sum")) == (2, 12)
    assert value("stage_seconds_sum", stage="infer") == 6
    assert all(value("stage_seconds_count", stage=stage) == 2 for stage in STAGES)


def test_exactly_one_model_is_shown() -> None:
    registry = CollectorRegistry()
    metrics = EdgeMetrics.build(registry, "edge-1")
    for version in ("1", "2"):
        metrics.show_model(ModelRef(name="m", version=version, digest=f"sha256:{version}", kind="rules"))

    shown = [
        sample.labels
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "linewatch_edge_model_info"
    ]
    assert shown == [{"edge": "edge-1", "model": "m", "version": "2", "digest": "sha256:2"}]

    metrics.show_model(None)
    assert registry.get_sample_value("linewatch_edge_model_info", shown[0]) is None


def test_what_has_not_happened_yet_is_zero_not_missing() -> None:
    registry = CollectorRegistry()
    EdgeMetrics.build(registry, "edge-1")

    for name in ("duplicates_total", "gaps_total", "dead_letters_total", "fetch_retries_total", "lag_frames"):
        assert registry.get_sample_value(f"linewatch_edge_{name}", {"edge": "edge-1"}) == 0
