"""What a gateway tells Prometheus; docs/metrics.md has it as a table."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)


@dataclass(frozen=True, slots=True)
class GatewayMetrics:
    """The metrics of one gateway, for its edge and camera."""

    captured_frames: Counter
    captured_bytes: Counter
    delivered_frames: Counter
    dropped_frames: Counter  # has one more label: reason
    dead_letters: Counter
    delivery_failures: Counter
    reconnects: Counter
    camera_up: Gauge
    spool_frames: Gauge
    spool_bytes: Gauge
    spool_limit_bytes: Gauge
    epoch: Gauge
    delivery_seconds: Histogram
    edge_id: str
    camera_id: str

    def note_capture(self, size: int) -> None:
        """One frame of `size` bytes was numbered."""
        self.captured_frames.inc()
        self.captured_bytes.inc(size)

    def note_delivery(self, frames: int, captured_ns: Sequence[int], ages_s: Sequence[float] = ()) -> None:
        """So many frames were acknowledged.

        `captured_ns` are capture times by this process's monotonic clock; `ages_s` are the ages, by the wall clock, of
        frames that came back from disk, perhaps an earlier process's: below 0 when that clock was set back meanwhile.
        """
        self.delivered_frames.inc(frames)
        now = time.monotonic_ns()
        for captured in captured_ns:
            self.delivery_seconds.observe((now - captured) / 1e9)
        for age in ages_s:
            self.delivery_seconds.observe(max(age, 0.0))

    def note_drops(self, count: int, reason: str) -> None:
        """So many frames were lost on purpose: reason `spool_full`, or `slow_reader` for a camera too quick for us."""
        self.dropped_frames.labels(self.edge_id, self.camera_id, reason).inc(count)


def make_metrics(
    registry: CollectorRegistry,
    *,
    edge_id: str,
    camera_id: str,
    limit_bytes: int,
    spool_frames: Callable[[], float],
    spool_bytes: Callable[[], float],
) -> GatewayMetrics:
    """Build the metrics on `registry`; the two functions are asked at each scrape."""
    names = ("edge", "camera")

    def counter(name: str, about: str) -> Counter:
        return Counter(f"linewatch_gateway_{name}", about, names, registry=registry).labels(edge_id, camera_id)

    def gauge(name: str, about: str) -> Gauge:
        return Gauge(f"linewatch_gateway_{name}", about, names, registry=registry).labels(edge_id, camera_id)

    metrics = GatewayMetrics(
        captured_frames=counter("captured_frames", "frames taken from the source and numbered"),
        captured_bytes=counter("captured_bytes", "image bytes of these frames"),
        delivered_frames=counter("delivered_frames", "frames Kafka acknowledged"),
        dropped_frames=Counter(
            "linewatch_gateway_dropped_frames", "frames lost on purpose", (*names, "reason"), registry=registry
        ),
        dead_letters=counter("dead_letters", "files or frames that could not be used"),
        delivery_failures=counter("delivery_failures", "batches that were aborted and sent again"),
        reconnects=counter("reconnects", "times the camera was lost and sought again"),
        camera_up=gauge("camera_up", "1 while the camera delivers"),
        spool_frames=gauge("spool_frames", "captured, not yet acknowledged by Kafka"),
        spool_bytes=gauge("spool_bytes", "disk the spool takes"),
        spool_limit_bytes=gauge("spool_limit_bytes", "disk it may take"),
        epoch=gauge("epoch", "epoch of the gateway's claim on the camera, 0 before the first contact with Kafka"),
        delivery_seconds=Histogram(
            "linewatch_gateway_delivery_seconds",
            "capture to acknowledgement",
            names,
            buckets=_SECONDS,
            registry=registry,
        ).labels(edge_id, camera_id),
        edge_id=edge_id,
        camera_id=camera_id,
    )
    metrics.spool_frames.set_function(spool_frames)
    metrics.spool_bytes.set_function(spool_bytes)
    metrics.spool_limit_bytes.set(limit_bytes)
    for reason in ("spool_full", "slow_reader"):
        # There at 0 before the first loss, or `increase()` and the alert on it would never see that one.
        metrics.note_drops(0, reason)
    return metrics
