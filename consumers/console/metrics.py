"""What the console counts, on its own /metrics."""

from dataclasses import dataclass
from typing import Self

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# From a cached answer to what somebody calls stuck.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleMetrics:
    """Every metric of one console. Labels are closed sets: route templates, statuses, topics, kinds; never ids."""

    registry: CollectorRegistry
    requests: Counter
    request_seconds: Histogram
    sign_ins: Counter
    subscribers: Gauge
    events_dropped: Counter
    projected: Counter
    projection_dead_letters: Counter
    projection_lag: Gauge
    projecting: Gauge
    projection_failures: Counter
    audit_waiting: Gauge

    @classmethod
    def build(cls, registry: CollectorRegistry | None = None) -> Self:
        """Make them on a registry, a new one unless given."""
        on = registry or CollectorRegistry()
        name = "linewatch_console"
        return cls(
            registry=on,
            requests=Counter(f"{name}_requests", "Requests answered.", ["route", "method", "status"], registry=on),
            request_seconds=Histogram(
                f"{name}_request_seconds", "Time to the answer's head.", ["route"], buckets=_SECONDS, registry=on
            ),
            sign_ins=Counter(f"{name}_sign_ins", "Tries to sign in.", ["outcome"], registry=on),
            subscribers=Gauge(f"{name}_subscribers", "Browsers that listen to events.", registry=on),
            events_dropped=Counter(f"{name}_events_dropped", "Events that a slow browser missed.", registry=on),
            projected=Counter(f"{name}_projected", "Records taken from topics.", ["topic"], registry=on),
            projection_dead_letters=Counter(
                f"{name}_dead_letters", "Records that could not be read.", ["topic"], registry=on
            ),
            projection_lag=Gauge(f"{name}_projection_lag", "Records still to take.", ["topic"], registry=on),
            projecting=Gauge(f"{name}_projecting", "1 while this console projects, 0 while another does.", registry=on),
            projection_failures=Counter(
                f"{name}_projection_failures", "Times that the projection had to start again.", registry=on
            ),
            audit_waiting=Gauge(f"{name}_audit_waiting", "Audit events that Kafka does not have yet.", registry=on),
        )
