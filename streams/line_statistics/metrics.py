"""What /metrics shows of line_statistics.

Counts come from the absolute numbers in the state, not from what this process happened to count: a restarted worker
goes on where the last one stopped, and when an edge moves to another worker its series goes with it. So `rate()` over
the sum of all workers is right across restarts; only dead letters and lag are this process's own.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from schemas.records.inspection import VERDICTS
from streams.line_statistics.state import LATENCY_BOUNDS, Buckets, EdgeState, Totals, total_of
from streams.watchdog import Partition, Standing

_US: Final = 1_000_000
# A series must be there at 0 before its first count, or `rate()` and `increase()` never see that one.
_NO_VERDICTS: Final[dict[str, int]] = dict.fromkeys(VERDICTS, 0)

# Metric (docs/metrics.md), what it says, label, field of Totals.
_TALLIES: Final = (
    ("linewatch_statistics_inspections", "Frames with a verdict.", "verdict", "verdicts"),
    ("linewatch_statistics_defects", "Frames by defect class.", "defect_class", "defect_classes"),
    ("linewatch_statistics_parts", "Parts by verdict.", "verdict", "parts"),
)
_SUMS: Final = (
    ("linewatch_statistics_first_pass_parts", "Parts that passed at their first inspection.", "first_pass"),
    ("linewatch_statistics_missing_frames", "Frames whose number was skipped: lost.", "missing"),
    ("linewatch_statistics_deadline_missed", "Verdicts that came too late.", "deadline_missed"),
    ("linewatch_statistics_duplicates", "Inspections seen before.", "duplicates"),
)


class _EdgeCollector(Collector):
    """Turns the states of this worker's edges into series when asked."""

    def __init__(self) -> None:
        self.states: dict[tuple[int, str], EdgeState] = {}

    def describe(self) -> Iterable[Metric]:
        return self._families({})

    def collect(self) -> Iterable[Metric]:
        return self._families({state.edge_id: total_of(state) for state in list(self.states.values())})

    def _families(self, totals: Mapping[str, Totals]) -> Iterator[Metric]:
        for name, about, label, tally in _TALLIES:
            zeros = _NO_VERDICTS if label == "verdict" else {}
            yield _tally(name, about, label, {edge: zeros | getattr(total, tally) for edge, total in totals.items()})
        for name, about, count in _SUMS:
            yield _sums(name, about, {edge: getattr(total, count) for edge, total in totals.items()})
        yield _latencies(totals)


def _tally(name: str, about: str, label: str, tallies: Mapping[str, Mapping[str, int]]) -> Metric:
    family = CounterMetricFamily(name, about, labels=["edge", label])
    for edge, tally in tallies.items():
        for value, count in tally.items():
            family.add_metric([edge, value], count)
    return family


def _sums(name: str, about: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, about, labels=["edge"])
    for edge, count in counts.items():
        family.add_metric([edge], count)
    return family


def _latencies(totals: Mapping[str, Totals]) -> Metric:
    name, about = "linewatch_statistics_latency_seconds", "Receipt of a frame to its verdict."
    family = HistogramMetricFamily(name, about, labels=["edge"])
    for edge, total in totals.items():
        family.add_metric([edge], _cumulative(total.latency), total.latency.sum / _US)
    return family


def _cumulative(latency: Buckets) -> list[tuple[str, float]]:
    total, found = 0, []
    for bound, count in zip((*map(str, LATENCY_BOUNDS), "+Inf"), latency.counts, strict=True):
        total += count
        found.append((bound, float(total)))
    return found


class StatisticsMetrics:
    """The metrics of one line_statistics worker, on an injected registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._edges = _EdgeCollector()
        registry.register(self._edges)
        self.dead_letters = Counter(
            "linewatch_statistics_dead_letters", "Records this process could not read.", registry=registry
        )
        self.last_tick = Gauge(
            "linewatch_statistics_last_tick_timestamp_seconds", "The latest tick taken, Unix time.", registry=registry
        )
        self._lag = Gauge(
            "linewatch_statistics_lag_records", "Records waiting to be read.", ["topic", "partition"], registry=registry
        )

    def keep(self, partition: int, state: EdgeState) -> None:
        """Show an edge as it stands; the state must not change afterwards."""
        self._edges.states[partition, state.edge_id] = state

    def forget(self) -> None:
        """Show no edge: partitions are dealt anew."""
        self._edges.states.clear()

    def show_lag(self, standings: Mapping[Partition, Standing]) -> None:
        """Show how many records of each partition wait."""
        for (topic, partition), standing in standings.items():
            self._lag.labels(topic, str(partition)).set(standing.lag)
