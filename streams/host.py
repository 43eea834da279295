"""How a processor lives in its Faust app: the app as it sees it, the one agent, the run of a worker."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Protocol, cast

import faust
from faust.types import TP
from prometheus_client import CollectorRegistry

from infra.kafka import make_consumer
from infra.metrics import metrics_page
from infra.settings import Settings
from streams.bundles import BundleConsumer, BundleSchema
from streams.policies import PolicyFollower
from streams.suspension import Suspension
from streams.watchdog import GroupView, Partition, Standing, Watchdog
from streams.worker import run_worker

_LOG: Final = logging.getLogger(__name__)
# How long commits may stand still while records wait, seconds: longer than a rebalance with a full recovery.
STALL_LIMIT: Final = 60.0


class Taker(Protocol):
    """What an agent needs of its processor."""

    async def take(self, event: Any) -> list["asyncio.Future[Any]"] | None:
        """Process one bundle; futures of the changelog to wait for, or None when the bundle is another's."""


class FaustHost:
    """A processor's view of its app."""

    def __init__(self, app: faust.App) -> None:
        self._app = app
        self.suspension = Suspension(app.conf.broker_session_timeout / 2, 2 * app.conf.broker_heartbeat_interval)

    @property
    def generation(self) -> int:
        """The consumer group's generation now."""
        return self._app.consumer_generation_id

    def caught_up(self, tp: TP) -> bool:
        """Whether all of a partition has been read and acknowledged."""
        return cast("BundleConsumer", self._app.consumer).caught_up(tp)

    async def confirmed(self) -> bool:
        """Whether this worker may still speak for its partitions; waits when it was suspended and can't know yet."""
        if not self.suspension.look():
            return True
        _LOG.warning("this process stood still; asking the group before going on")
        while self.suspension.look():
            await asyncio.sleep(0.2)
        return not self._app.rebalancing


def watch_suspension(app: faust.App, suspension: Suspension) -> None:
    """Look at the clock twice a second, so that standing still shows."""

    async def look() -> None:
        suspension.look()

    app.timer(interval=0.5)(look)


def declare_agent(app: faust.App, processor: Taker, name: str, topics: Collection[str]) -> None:
    """The one agent of an app: a bundle is acknowledged once its outputs and its states are in Kafka."""

    async def agent(stream: Any) -> None:
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

    app.agent(app.topic(*topics, schema=BundleSchema()), name=name, concurrency=1)(agent)


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


def run_processor(
    settings: Settings,
    app: faust.App,
    policies: PolicyFollower,
    registry: CollectorRegistry,
    *,
    job: str,
    instance: str,
    topics: Collection[str],
    metrics_port: int | None,
    stall_limit: float,
    on_look: Callable[[Mapping[Partition, Standing]], None],
) -> int:
    """Run one worker in this process until it is told to stop; returns its exit code.

    `topics` are those whose progress the watchdog watches; `job` names the process for Prometheus.
    """
    policies.start()
    view = GroupView(make_consumer(settings, app.conf.id), topics)
    watchdog = Watchdog(view, lambda: assigned(app), stall_limit, on_look=on_look)
    watchdog.start()
    try:
        with metrics_page(settings, registry, metrics_port, job=job, name=instance) as port:
            if port is not None:
                _LOG.info("/metrics on port %d", port)
            return run_worker(app, settings)
    finally:
        watchdog.stop()
        policies.stop()


def assigned(app: faust.App) -> set[tuple[str, int]]:
    """The partitions this worker has now; empty before and between."""
    consumer = app._consumer  # `app.consumer` would make one, in whatever thread asks
    if consumer is None:
        return set()
    try:
        return {(tp.topic, tp.partition) for tp in consumer.assignment()}
    except Exception:  # noqa: BLE001 - the consumer is not started yet or already gone
        return set()
