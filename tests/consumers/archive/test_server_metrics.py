from prometheus_client import CollectorRegistry, generate_latest

from consumers.archive.server_metrics import ServerMetrics


def test_every_metric_is_there_from_the_start() -> None:
    registry = CollectorRegistry()
    ServerMetrics.build(registry)
    page = generate_latest(registry).decode()
    for name in ("requests", "sent_bytes", "received_bytes"):
        assert f"linewatch_blobs_{name}_total" in page
