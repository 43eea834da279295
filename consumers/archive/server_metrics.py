"""What the blob server tells Prometheus (docs/metrics.md)."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter


@dataclass(frozen=True, slots=True)
class ServerMetrics:
    """The metrics of one blob server."""

    requests: Counter
    sent_bytes: Counter
    received_bytes: Counter

    @staticmethod
    def build(registry: CollectorRegistry) -> "ServerMetrics":
        """Register every metric of the server, those without labels at 0."""
        metrics = ServerMetrics(
            requests=Counter("linewatch_blobs_requests", "requests answered", ("method", "status"), registry=registry),
            sent_bytes=Counter("linewatch_blobs_sent_bytes", "blob bytes handed out", registry=registry),
            received_bytes=Counter("linewatch_blobs_received_bytes", "blob bytes taken in", registry=registry),
        )
        metrics.requests.labels("get", "200")
        return metrics
