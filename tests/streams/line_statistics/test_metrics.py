"""/metrics continues absolute numbers."""

from prometheus_client import CollectorRegistry

from streams.line_statistics.metrics import StatisticsMetrics
from streams.line_statistics.step import advance, step
from streams.watchdog import Standing
from tests.streams.line_statistics.made import EDGE, MINUTE, START, counted


def shown(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


def test_counts_are_absolute_and_go_on_after_a_restart() -> None:
    frames = [
        counted(n, at_us=START + n * MINUTE, verdict="fail" if n % 2 else "pass", defect="dent" if n % 2 else None)
        for n in range(10)
    ]
    state, _ = advance(EDGE, None, [*frames, counted(3), counted(12)])
    for _ in range(2):  # the second time as another process
        registry = CollectorRegistry()
        StatisticsMetrics(registry).keep(0, step(EDGE, state, [])[0])
        assert shown(registry, "linewatch_statistics_inspections_total", edge=EDGE, verdict="pass") == 6
        assert shown(registry, "linewatch_statistics_inspections_total", edge=EDGE, verdict="fail") == 5
        assert shown(registry, "linewatch_statistics_defects_total", edge=EDGE, defect_class="dent") == 5
        assert shown(registry, "linewatch_statistics_parts_total", edge=EDGE, verdict="fail") == 5
        assert shown(registry, "linewatch_statistics_first_pass_parts_total", edge=EDGE) == 6
        assert shown(registry, "linewatch_statistics_missing_frames_total", edge=EDGE) == 2
        assert shown(registry, "linewatch_statistics_duplicates_total", edge=EDGE) == 1
        assert shown(registry, "linewatch_statistics_latency_seconds_count", edge=EDGE) == 11
        assert shown(registry, "linewatch_statistics_latency_seconds_bucket", edge=EDGE, le="0.05") == 0
        assert shown(registry, "linewatch_statistics_latency_seconds_bucket", edge=EDGE, le="0.1") == 11
        assert shown(registry, "linewatch_statistics_latency_seconds_sum", edge=EDGE) == 0.99


def test_an_edge_that_moved_away_is_no_longer_shown() -> None:
    registry = CollectorRegistry()
    metrics = StatisticsMetrics(registry)
    metrics.keep(0, step(EDGE, None, [counted(1)])[0])
    metrics.forget()
    assert shown(registry, "linewatch_statistics_inspections_total", edge=EDGE, verdict="pass") is None


def test_lag_dead_letters_and_the_last_tick_are_shown() -> None:
    registry = CollectorRegistry()
    metrics = StatisticsMetrics(registry)
    metrics.show_lag({("inspections", 3): Standing(7, 10)})
    metrics.dead_letters.inc()
    metrics.last_tick.set(5)
    assert shown(registry, "linewatch_statistics_lag_records", topic="inspections", partition="3") == 3
    assert shown(registry, "linewatch_statistics_dead_letters_total") == 1
    assert shown(registry, "linewatch_statistics_last_tick_timestamp_seconds") == 5
