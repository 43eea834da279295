"""What the archive tells Prometheus (docs/metrics.md)."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge

RESULTS = ("stored", "kept", "missing")


@dataclass(frozen=True, slots=True)
class ArchiveMetrics:
    """The metrics of one archive process."""

    images: Counter
    image_bytes: Counter
    rows: Counter
    files: Counter
    merged_files: Counter
    duplicates: Counter
    dead_letters: Counter
    lost_records: Counter
    failures: Counter
    buffered_rows: Gauge
    lag: Gauge
    last_write: Gauge

    @staticmethod
    def build(registry: CollectorRegistry) -> "ArchiveMetrics":
        """Register every metric of the archive."""

        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"linewatch_archive_{name}", about, labels, registry=registry)

        def gauge(name: str, about: str, *labels: str) -> Gauge:
            return Gauge(f"linewatch_archive_{name}", about, labels, registry=registry)

        metrics = ArchiveMetrics(
            images=counter("images", "frames of labeling tasks and requests looked after", "result"),
            image_bytes=counter("image_bytes", "image bytes written to the blob store"),
            rows=counter("rows", "inspections written as rows, each once"),
            files=counter("files", "Parquet files written"),
            merged_files=counter("merged_files", "small files that went into a merged one"),
            duplicates=counter("duplicates", "inspections dropped because they had been archived"),
            dead_letters=counter("dead_letters", "records that could not be read, and images that were gone"),
            lost_records=counter("lost_records", "inspections that retention took before they were archived"),
            failures=counter("failures", "times a part started again after a failure", "stage"),
            buffered_rows=gauge("buffered_rows", "inspections read and not written yet"),
            lag=gauge("lag_records", "records in Kafka that this process has not read yet", "topic"),
            last_write=gauge("last_write_timestamp_seconds", "when rows were last written"),
        )
        for result in RESULTS:
            metrics.images.labels(result)
        for stage in ("images", "inspections"):
            metrics.failures.labels(stage)
        for topic in ("inspections", "labeling-tasks", "labeling-requests"):
            metrics.lag.labels(topic)
        return metrics
