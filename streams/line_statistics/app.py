"""The Faust app of line_statistics: one table, one agent over inspections and ticks."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Final, cast

import faust
from faust.types import TP
from prometheus_client import CollectorRegistry

from infra.blobs import BlobStore
from infra.kafka import make_consumer
from infra.metrics import metrics_page
from infra.schema_topic import make_codec
from infra.settings import Settings
from streams.bundles import BundleConsumer, BundleSchema
from streams.line_statistics.metrics import StatisticsMetrics
from streams.line_statistics.processor import Processor, TopicNames
from streams.outputs import OutputSender
from streams.policies import PolicyFollower
from streams.state_table import StateTable
from streams.suspension import Suspension
from streams.watchdog import GroupView, Watchdog
from streams.worker import PARTITIONS, make_app, require_topics, run_worker

_LOG: Final = logging.getLogger(__name__)
APP_ID: Final = "linewatch.line-statistics"
SOURCE: Final = "/streams/line_statistics"
# How long commits may stand still while records wait, seconds: longer than a rebalance with a full recovery.
STALL_LIMIT: Final = 60.0


class _FaustHost:
    """The processor's view of the app."""

    def __init__(self, app: faust.App) -> None:
        self._app = app
        self.suspension = Suspension(app.conf.broker_session_timeout / 2, 2 * app.conf.broker_heartbeat_interval)

    @property
    def generation(self) -> int:
        return self._app.consumer_generation_id

    def caught_up(self, tp: TP) -> bool:
        return cast("BundleConsumer", self._app.consumer).caught_up(tp)

    async def confirmed(self) -> bool:
        if not self.suspension.look():
            return True
        _LOG.warning("this process stood still; asking the group before going on")
        while self.suspension.look():
            await asyncio.sleep(0.2)
        return not self._app.rebalancing


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
    host = _FaustHost(app)
    processor = Processor(host, table, sender, policies, codec, blobs, metrics, names)
    declare_agent(app, processor, names)
    watch_suspension(app, host.suspension)
    return StatisticsApp(app, table, policies, metrics)


def watch_suspension(app: faust.App, suspension: Suspension) -> None:
    """Look at the clock twice a second, so that standing still shows."""

    async def look() -> None:
        suspension.look()

    app.timer(interval=0.5)(look)


def declare_agent(app: faust.App, processor: Processor, names: TopicNames) -> None:
    """The one agent: a bundle is acknowledged once its outputs and its states are in Kafka."""

    @app.agent(app.topic(names.inspections, names.ticks, schema=BundleSchema()), name="line_statistics", concurrency=1)
    async def line_statistics(stream: Any) -> None:
        async for events in stream.noack_take(1, within=1.0):
            consumer = cast("BundleConsumer", app.consumer)
            for event in events:
                try:
                    if not await consumer.take(event.message):
                        continue
                    changelog = await processor.take(event)
                except Exception as error:  # noqa: BLE001 - the process ends, whatever it was
                    # Not the event's fault: a state or a disk that can't be read. Faust would acknowledge and go on.
                    _LOG.exception("can't go on")
                    await app.crash(error)
                    return
                if changelog is None:
                    consumer.let_go(event.message)
                else:
                    _acknowledge(app, event, changelog)


def _acknowledge(app: faust.App, event: Any, changelog: "list[asyncio.Future[Any]]") -> None:
    if not changelog:
        event.ack()
        return

    def stored(all_of_it: "asyncio.Future[Any]") -> None:
        error = None if all_of_it.cancelled() else all_of_it.exception()
        if error is not None:
            _LOG.critical("the changelog was not written: %s", error)
            asyncio.ensure_future(app.crash(error))  # noqa: RUF006 - the app ends
        elif not all_of_it.cancelled():
            event.ack()

    asyncio.gather(*changelog).add_done_callback(stored)


def run_statistics(
    settings: Settings, blobs: BlobStore, *, instance: str, metrics_port: int | None, stall_limit: float = STALL_LIMIT
) -> int:
    """Run one worker in this process until it is told to stop; returns its exit code."""
    names = TopicNames()
    require_topics(settings, names)
    registry = CollectorRegistry()
    built = build_app(settings, blobs, registry, instance=instance)
    app = built.app
    built.policies.start()
    watchdog = Watchdog(
        GroupView(make_consumer(settings, app.conf.id), (names.inspections, names.ticks)),
        lambda: assigned(app),
        stall_limit,
        on_look=built.metrics.show_lag,
    )
    watchdog.start()
    try:
        with metrics_page(settings, registry, metrics_port, job="statistics", name=instance) as port:
            if port is not None:
                _LOG.info("/metrics on port %d", port)
            return run_worker(app, settings)
    finally:
        watchdog.stop()
        built.policies.stop()


def assigned(app: faust.App) -> set[tuple[str, int]]:
    """The partitions this worker has now; empty before and between."""
    consumer = app._consumer  # `app.consumer` would make one, in whatever thread asks
    if consumer is None:
        return set()
    try:
        return {(tp.topic, tp.partition) for tp in consumer.assignment()}
    except Exception:  # noqa: BLE001 - the consumer is not started yet or already gone
        return set()
