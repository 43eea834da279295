"""The console's metrics."""

from prometheus_client import CollectorRegistry, generate_latest

from consumers.console.metrics import ConsoleMetrics


def test_each_console_has_its_own() -> None:
    one, other = ConsoleMetrics.build(), ConsoleMetrics.build()
    one.sign_ins.labels("done").inc()
    assert b'linewatch_console_sign_ins_total{outcome="done"} 1.0' in generate_latest(one.registry)
    assert b'outcome="done"' not in generate_latest(other.registry)


def test_on_a_given_registry_and_never_by_id() -> None:
    registry = CollectorRegistry()
    made = ConsoleMetrics.build(registry)
    assert made.registry is registry
    labels = {label for metric in (made.requests, made.projected, made.sign_ins) for label in metric._labelnames}
    assert labels == {"route", "method", "status", "topic", "outcome"}
