"""Names, labels and values of a gateway's metrics, read back from the registry."""

import time

import pytest
from prometheus_client import CollectorRegistry

from producers.metrics import GatewayMetrics, make_metrics

LABELS = {"edge": "press-1", "camera": "cam-1"}
NAMES = (
    "captured_frames",
    "captured_bytes",
    "delivered_frames",
    "dropped_frames",
    "dead_letters",
    "delivery_failures",
    "reconnects",
    "camera_up",
    "spool_frames",
    "spool_bytes",
    "spool_limit_bytes",
    "epoch",
    "delivery_seconds",
)


class Standing:
    """How the spool stands, changeable."""

    frames = 0.0
    size = 0.0


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def standing() -> Standing:
    return Standing()


@pytest.fixture
def metrics(registry: CollectorRegistry, standing: Standing) -> GatewayMetrics:
    return make_metrics(
        registry,
        edge_id="press-1",
        camera_id="cam-1",
        limit_bytes=1000,
        spool_frames=lambda: standing.frames,
        spool_bytes=lambda: standing.size,
    )


def value(registry: CollectorRegistry, name: str, **more: str) -> float | None:
    return registry.get_sample_value(f"linewatch_gateway_{name}", {**LABELS, **more})


@pytest.mark.usefixtures("metrics")
def test_every_metric_is_there_with_edge_and_camera_before_anything_happens(registry: CollectorRegistry) -> None:
    families = {family.name: family for family in registry.collect()}

    assert families.keys() == {f"linewatch_gateway_{name}" for name in NAMES}
    for family in families.values():
        assert family.samples
        for sample in family.samples:
            assert sample.labels.items() >= LABELS.items()
            assert sample.labels.keys() <= {"edge", "camera", "reason", "le"}


@pytest.mark.usefixtures("metrics")
def test_drops_are_at_0_before_the_first_loss(registry: CollectorRegistry) -> None:
    for reason in ("spool_full", "slow_reader"):
        assert value(registry, "dropped_frames_total", reason=reason) == 0


def test_captures_drops_and_deliveries_are_counted(registry: CollectorRegistry, metrics: GatewayMetrics) -> None:
    metrics.note_capture(70)
    metrics.note_capture(30)
    metrics.note_drops(2, "spool_full")
    metrics.note_delivery(3, [time.monotonic_ns()])

    assert value(registry, "captured_frames_total") == 2
    assert value(registry, "captured_bytes_total") == 100
    assert value(registry, "dropped_frames_total", reason="spool_full") == 2
    assert value(registry, "dropped_frames_total", reason="slow_reader") == 0
    assert value(registry, "delivered_frames_total") == 3
    assert value(registry, "delivery_seconds_count") == 1


def test_delivery_is_measured_in_seconds(
    registry: CollectorRegistry, metrics: GatewayMetrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic_ns", lambda: 5_500_000_000)

    metrics.note_delivery(2, [5_000_000_000, 3_500_000_000])

    assert value(registry, "delivery_seconds_sum") == 2.5
    assert value(registry, "delivery_seconds_bucket", le="0.5") == 1
    assert value(registry, "delivery_seconds_bucket", le="2.5") == 2


def test_frames_from_disk_bring_their_age_never_below_zero(
    registry: CollectorRegistry, metrics: GatewayMetrics
) -> None:
    metrics.note_delivery(2, [], [3600.5, -4.0])  # the wall clock was set back under the second one

    assert value(registry, "delivery_seconds_count") == 2
    assert value(registry, "delivery_seconds_sum") == 3600.5


@pytest.mark.usefixtures("metrics")
def test_the_spool_is_asked_at_each_scrape(registry: CollectorRegistry, standing: Standing) -> None:
    standing.frames, standing.size = 7.0, 700.0
    assert (value(registry, "spool_frames"), value(registry, "spool_bytes")) == (7, 700)

    standing.frames = 8.0

    assert value(registry, "spool_frames") == 8
    assert value(registry, "spool_limit_bytes") == 1000
