"""/metrics continues the state's numbers."""

from prometheus_client import CollectorRegistry

from streams.labeling_queue.metrics import LabelingMetrics
from streams.labeling_queue.state import Queue, Rule
from streams.watchdog import Standing
from tests.streams.labeling_queue.made import CAMERA, EDGE, Desk, inspected, labeled


def shown(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"linewatch_labeling_{name}", labels)


def test_counts_come_from_the_state() -> None:
    desk = Desk(Rule(revision=1, second_label_rate=1.0, queue_cap=7)).take(
        inspected(1, "pass", margin=0.0), inspected(2)
    )
    desk.label(labeled(f"{CAMERA}/1/first", "dent"), labeled(f"{CAMERA}/1/second", "good", labeler="bob"))
    registry = CollectorRegistry()
    LabelingMetrics(registry).keep(0, desk.queue)
    assert shown(registry, "open_tasks", edge=EDGE) == 2
    assert shown(registry, "queue_limit_tasks", edge=EDGE) == 7
    assert shown(registry, "opened_total", edge=EDGE, reason="adjudication") == 1
    assert shown(registry, "opened_total", edge=EDGE, reason="drift") == 0
    assert shown(registry, "closed_total", edge=EDGE, reason="labeled") == 1
    assert shown(registry, "labels_total", edge=EDGE, result="labeled") == 2
    assert shown(registry, "second_labels_total", edge=EDGE) == 1
    assert shown(registry, "disagreements_total", edge=EDGE) == 1
    assert shown(registry, "escapes", edge=EDGE) == 1
    assert shown(registry, "kappa", edge=EDGE) == 0


def test_an_edge_without_pairs_shows_no_kappa_and_one_that_moved_away_shows_nothing() -> None:
    registry = CollectorRegistry()
    metrics = LabelingMetrics(registry)
    metrics.keep(0, Queue(edge_id=EDGE))
    assert shown(registry, "kappa", edge=EDGE) is None
    assert shown(registry, "open_tasks", edge=EDGE) == 0
    metrics.forget()
    assert shown(registry, "open_tasks", edge=EDGE) is None


def test_lag_dead_letters_and_the_last_tick_are_shown() -> None:
    registry = CollectorRegistry()
    metrics = LabelingMetrics(registry)
    metrics.show_lag({("labels", 3): Standing(7, 10)})
    metrics.dead_letters.inc()
    metrics.last_tick.set(5)
    assert shown(registry, "lag_records", topic="labels", partition="3") == 3
    assert shown(registry, "dead_letters_total") == 1
    assert shown(registry, "last_tick_timestamp_seconds") == 5
