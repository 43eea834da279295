"""The real metrics objects of the processes, having seen a little: every metric has a series."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry

from consumers.archive.metrics import ArchiveMetrics
from consumers.archive.server_metrics import ServerMetrics
from consumers.console.metrics import ConsoleMetrics
from consumers.edge.metrics import EdgeMetrics
from producers.metrics import make_metrics
from schemas.records import FrameLocation, Inspection, ModelRef, StageLatency
from streams.labeling_queue.metrics import LabelingMetrics
from streams.labeling_queue.state import Queue
from streams.labeling_queue.state import Totals as LabelingTotals
from streams.line_statistics.metrics import StatisticsMetrics
from streams.line_statistics.state import EdgeState, Totals
from streams.watchdog import Standing


def inspection(sequence: int = 1) -> Inspection:
    """A failed frame of edge line-1."""
    return Inspection(
        edge_id="line-1",
        instance="a",
        camera_id="camera-1",
        sequence=sequence,
        epoch=1,
        captured_at_us=0,
        inspected_at_us=50_000,
        frame=FrameLocation(topic="frames.line-1", partition=0, offset=sequence, sha256="0" * 64),
        verdict="fail",
        defect_class="scratch",
        latency=StageLatency(
            transport_us=1, queue_us=1, fetch_us=0, decode_us=1, preprocess_us=1, infer_us=1, judge_us=1, total_us=5
        ),
    )


def edge() -> CollectorRegistry:
    """An edge that inspected one frame."""
    registry = CollectorRegistry()
    metrics = EdgeMetrics.build(registry, "line-1")
    metrics.observe(inspection())
    metrics.show_model(ModelRef(name="m", version="1", digest="sha256:0", kind="rules"))
    return registry


def statistics() -> CollectorRegistry:
    """A statistics worker that counted one frame."""
    registry = CollectorRegistry()
    metrics = StatisticsMetrics(registry)
    metrics.keep(0, EdgeState(edge_id="line-1", totals=Totals(verdicts={"fail": 1}, defect_classes={"scratch": 1})))
    metrics.show_lag({("inspections", 0): Standing(committed=1, end=1)})
    return registry


def labeling() -> CollectorRegistry:
    """A labeling worker with one edge's queue that people disagreed about once."""
    registry = CollectorRegistry()
    metrics = LabelingMetrics(registry)
    totals = LabelingTotals(
        opened={"review": 1}, closed={"labeled": 1}, dropped={"crowded_out": 1}, ignored={"late": 1}
    )
    pairs = [("good", "good"), ("dent", "dent"), ("good", "dent")]
    metrics.keep(0, Queue(edge_id="line-1", totals=totals, pairs=pairs))
    metrics.show_lag({("inspections", 0): Standing(committed=1, end=1)})
    return registry


def gateway() -> CollectorRegistry:
    """A gateway at rest."""
    registry = CollectorRegistry()
    make_metrics(
        registry,
        edge_id="line-1",
        camera_id="camera-1",
        limit_bytes=100,
        spool_frames=lambda: 1.0,
        spool_bytes=lambda: 50.0,
    )
    return registry


def archive() -> CollectorRegistry:
    """An archive at rest."""
    registry = CollectorRegistry()
    ArchiveMetrics.build(registry)
    return registry


def blobs() -> CollectorRegistry:
    """A blob server at rest."""
    registry = CollectorRegistry()
    ServerMetrics.build(registry)
    return registry


def console() -> CollectorRegistry:
    """A console that answered one request and took one record."""
    registry = CollectorRegistry()
    metrics = ConsoleMetrics.build(registry)
    metrics.requests.labels("/api/edges", "GET", 200).inc()
    metrics.request_seconds.labels("/api/edges").observe(0.01)
    metrics.sign_ins.labels("ok").inc()
    for counted in (metrics.projected, metrics.projection_dead_letters):
        counted.labels("inspections").inc()
    metrics.projection_lag.labels("inspections").set(1)
    return registry


PROCESSES: dict[str, Callable[[], CollectorRegistry]] = {
    "gateway": gateway,
    "edge": edge,
    "statistics": statistics,
    "labeling": labeling,
    "archive": archive,
    "blobs": blobs,
    "console": console,
}
