"""What an edge tells Prometheus (docs/metrics.md)."""

from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.records import Inspection, ModelRef

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)
STAGES: Final = ("queue", "fetch", "decode", "preprocess", "infer", "judge")
_MICROSECONDS: Final = 1e6


@dataclass(frozen=True, slots=True)
class EdgeMetrics:
    """The metrics of one edge process; `edge` is the value of their first label."""

    edge: str
    inspections: Counter
    defects: Counter
    latency: Histogram
    stages: Histogram
    deadline_missed: Counter
    deadline: Gauge
    duplicates: Counter
    gaps: Counter
    dead_letters: Counter
    fetch_retries: Counter
    session_failures: Counter
    in_flight: Gauge
    lag: Gauge
    model_info: Gauge
    swaps: Counter

    @staticmethod
    def build(registry: CollectorRegistry, edge: str) -> "EdgeMetrics":
        """Register every metric of an edge, with those that need no further label at 0."""

        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"linewatch_edge_{name}", about, ("edge", *labels), registry=registry)

        def gauge(name: str, about: str, *labels: str) -> Gauge:
            return Gauge(f"linewatch_edge_{name}", about, ("edge", *labels), registry=registry)

        def histogram(name: str, about: str, *labels: str) -> Histogram:
            return Histogram(f"linewatch_edge_{name}", about, ("edge", *labels), buckets=_SECONDS, registry=registry)

        metrics = EdgeMetrics(
            edge=edge,
            inspections=counter("inspections", "verdicts given", "verdict"),
            defects=counter("defects", "frames failed or sent to review, by class", "defect_class"),
            latency=histogram("latency_seconds", "receipt of a frame to its verdict"),
            stages=histogram("stage_seconds", "where that time went", "stage"),
            deadline_missed=counter("deadline_missed", "verdicts that came after the deadline"),
            deadline=gauge("deadline_seconds", "from capture to verdict, at most"),
            duplicates=counter("duplicates", "frames dropped because they had been inspected"),
            gaps=counter("gaps", "frame numbers skipped by a camera: lost frames"),
            dead_letters=counter("dead_letters", "records that could not be read"),
            fetch_retries=counter("fetch_retries", "tries at the blob store that failed"),
            session_failures=counter("session_failures", "times the pipeline started again after a failure"),
            in_flight=gauge("in_flight_frames", "frames read whose inspection is not acknowledged"),
            lag=gauge("lag_frames", "frames in Kafka that this process has not read yet"),
            model_info=gauge("model_info", "the model that judges", "model", "version", "digest"),
            swaps=counter("swaps", "changes of model", "result"),
        )
        metrics._touch()
        return metrics

    def _touch(self) -> None:
        for metric in (
            self.latency,
            self.deadline_missed,
            self.deadline,
            self.duplicates,
            self.gaps,
            self.dead_letters,
            self.fetch_retries,
            self.session_failures,
            self.in_flight,
            self.lag,
        ):
            metric.labels(self.edge)
        for verdict in ("pass", "fail", "review", "error"):
            self.inspections.labels(self.edge, verdict)
        for stage in STAGES:
            self.stages.labels(self.edge, stage)
        for result in ("swapped", "refused"):
            self.swaps.labels(self.edge, result)

    def observe(self, inspection: Inspection) -> None:
        """Count one inspection."""
        self.inspections.labels(self.edge, inspection.verdict).inc()
        if inspection.defect_class is not None:
            self.defects.labels(self.edge, inspection.defect_class).inc()
        if inspection.deadline_missed:
            self.deadline_missed.labels(self.edge).inc()
        latency = inspection.latency
        self.latency.labels(self.edge).observe(latency.total_us / _MICROSECONDS)
        for stage in STAGES:
            self.stages.labels(self.edge, stage).observe(getattr(latency, f"{stage}_us") / _MICROSECONDS)

    def show_model(self, model: ModelRef | None) -> None:
        """Name the model that judges now, and only that one."""
        self.model_info.clear()
        if model is not None:
            self.model_info.labels(self.edge, model.name, model.version, model.digest).set(1)
