"""What /metrics shows of labeling_queue.

Counts come from the state, not from what this process happened to count: a restarted worker goes on where the last one
stopped, and when an edge moves to another worker its series goes with it. Only dead letters, lag and the last tick are
this process's own.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from schemas.records.labeling import LabelOutcome, TaskReason
from streams.labeling_queue.agreement import kappa
from streams.labeling_queue.state import Queue
from streams.watchdog import Partition, Standing

# Metric (docs/metrics.md), what it says, label, field of Totals, values that are shown at 0 before their first count:
# `rate()` and `increase()` would never see that one otherwise.
_TALLIES: Final = (
    ("linewatch_labeling_opened", "Questions opened.", "reason", "opened", get_args(TaskReason)),
    ("linewatch_labeling_closed", "Questions closed.", "reason", "closed", ("labeled", "displaced")),
    (
        "linewatch_labeling_dropped",
        "Frames that asked for a place and got none.",
        "reason",
        "dropped",
        ("crowded_out",),
    ),
    ("linewatch_labeling_labels", "Labels taken.", "result", "labels", get_args(LabelOutcome)),
    ("linewatch_labeling_ignored_labels", "Labels without effect.", "reason", "ignored", ("late",)),
)
_SUMS: Final = (
    ("linewatch_labeling_second_labels", "Second labels compared with the first.", "second_labels"),
    ("linewatch_labeling_disagreements", "Second labels that differ from the first.", "disagreements"),
)
_LEVELS: Final = (
    ("linewatch_labeling_open_tasks", "Questions waiting for a person.", lambda queue: len(queue.open)),
    ("linewatch_labeling_queue_limit_tasks", "Questions that may wait at most.", lambda queue: queue.rule.cap),
    ("linewatch_labeling_escapes", "Frames labeled defective though they passed.", lambda q: q.totals.escapes),
    ("linewatch_labeling_overkill", "Frames labeled good though they failed.", lambda queue: queue.totals.overkill),
    ("linewatch_labeling_kappa", "Cohen's kappa of first and second labels.", lambda queue: kappa(queue.pairs)),
)


class _EdgeCollector(Collector):
    """Turns the states of this worker's edges into series when asked."""

    def __init__(self) -> None:
        self.queues: dict[tuple[int, str], Queue] = {}

    def describe(self) -> Iterable[Metric]:
        return self._families({})

    def collect(self) -> Iterable[Metric]:
        return self._families({queue.edge_id: queue for queue in list(self.queues.values())})

    @staticmethod
    def _families(queues: Mapping[str, Queue]) -> Iterator[Metric]:
        for name, about, label, field, values in _TALLIES:
            family = CounterMetricFamily(name, about, labels=["edge", label])
            for edge, queue in queues.items():
                for value, count in (dict.fromkeys(values, 0) | getattr(queue.totals, field)).items():
                    family.add_metric([edge, value], count)
            yield family
        for name, about, field in _SUMS:
            family = CounterMetricFamily(name, about, labels=["edge"])
            for edge, queue in queues.items():
                family.add_metric([edge], getattr(queue.totals, field))
            yield family
        for name, about, level in _LEVELS:
            gauge = GaugeMetricFamily(name, about, labels=["edge"])
            for edge, queue in queues.items():
                value = level(queue)
                if value is not None:
                    gauge.add_metric([edge], value)
            yield gauge


class LabelingMetrics:
    """The metrics of one labeling_queue worker, on an injected registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._edges = _EdgeCollector()
        registry.register(self._edges)
        self.dead_letters = Counter(
            "linewatch_labeling_dead_letters", "Records this process could not read.", registry=registry
        )
        self.last_tick = Gauge(
            "linewatch_labeling_last_tick_timestamp_seconds", "The latest tick taken, Unix time.", registry=registry
        )
        self._lag = Gauge(
            "linewatch_labeling_lag_records", "Records waiting to be read.", ["topic", "partition"], registry=registry
        )

    def keep(self, partition: int, queue: Queue) -> None:
        """Show an edge as it stands; the state must not change afterwards."""
        self._edges.queues[partition, queue.edge_id] = queue

    def forget(self) -> None:
        """Show no edge: partitions are dealt anew."""
        self._edges.queues.clear()

    def show_lag(self, standings: Mapping[Partition, Standing]) -> None:
        """Show how many records of each partition wait."""
        for (topic, partition), standing in standings.items():
            self._lag.labels(topic, str(partition)).set(standing.lag)
