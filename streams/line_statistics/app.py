"""The Faust app of line_statistics: one table, one agent over inspections and ticks."""

from dataclasses import dataclass
from typing import Any, Final

import faust
from prometheus_client import CollectorRegistry

from infra.blobs import BlobStore
from infra.schema_topic import make_codec
from infra.settings import Settings
from streams.host import STALL_LIMIT, FaustHost, declare_agent, run_processor, watch_suspension
from streams.line_statistics.metrics import StatisticsMetrics
from streams.line_statistics.processor import Processor, TopicNames
from streams.outputs import OutputSender
from streams.policies import PolicyFollower
from streams.state_table import StateTable
from streams.worker import PARTITIONS, make_app, require_topics

APP_ID: Final = "linewatch.line-statistics"
SOURCE: Final = "/streams/line_statistics"


@dataclass(frozen=True, slots=True)
class StatisticsApp:
    """The app with what it is made of."""

    app: faust.App
    table: StateTable
    policies: PolicyFollower
    metrics: StatisticsMetrics


def build_app(
    settings: Settings,
    blobs: BlobStore,
    registry: CollectorRegistry,
    *,
    instance: str = "1",
    app_id: str = APP_ID,
    names: TopicNames = TopicNames(),  # noqa: B008 - an immutable value
    **more: Any,
) -> StatisticsApp:
    """Declare app, table and agent; nothing is started. `more` are Faust settings."""
    app = make_app(settings, app_id, instance, **more)
    table = StateTable(
        app, name="edges", key_type=bytes, value_type=bytes, partitions=PARTITIONS, help="state per edge"
    )
    app.tables.add(table)
    codec = make_codec(settings)
    policies = PolicyFollower(settings, codec, names.policies)
    metrics = StatisticsMetrics(registry)
    sender = OutputSender(settings, codec, SOURCE)
    host = FaustHost(app)
    processor = Processor(host, table, sender, policies, codec, blobs, metrics, names)
    declare_agent(app, processor, "line_statistics", (names.inspections, names.ticks))
    watch_suspension(app, host.suspension)
    return StatisticsApp(app, table, policies, metrics)


def run_statistics(
    settings: Settings, blobs: BlobStore, *, instance: str, metrics_port: int | None, stall_limit: float = STALL_LIMIT
) -> int:
    """Run one worker in this process until it is told to stop; returns its exit code."""
    names = TopicNames()
    require_topics(settings, names)
    registry = CollectorRegistry()
    built = build_app(settings, blobs, registry, instance=instance)
    return run_processor(
        settings,
        built.app,
        built.policies,
        registry,
        job="statistics",
        instance=instance,
        topics=(names.inspections, names.ticks),
        metrics_port=metrics_port,
        stall_limit=stall_limit,
        on_look=built.metrics.show_lag,
    )
