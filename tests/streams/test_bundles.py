"""The consumer's side of bundles: delivered in order, committed when done, read again when lost. No broker needed."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

from faust.types import TP

from infra.settings import Settings
from streams.bundles import MAX_OUTSTANDING, BundleConsumer, BundleMessage, BundleSchema
from streams.worker import make_app

A, B = TP("inspections", 0), TP("inspections", 1)


class World:
    """A consumer of an app that is not started, with what surrounds it noted."""

    def __init__(self) -> None:
        app = make_app(Settings(), "linewatch.test", "1", store="memory://")
        app.rebalancing = False
        self.app = app
        self.delivered: list[BundleMessage] = []
        self.seeks: list[dict[TP, int]] = []
        made: Any = app._new_consumer()
        assert type(made) is BundleConsumer
        self.consumer: Any = cast("Any", made)
        self.consumer.callback = self.receive
        self.consumer.highwater = lambda _tp: 100
        self.consumer.assignment = lambda: {A, B}
        self.consumer.seek_wait = self.seek
        self.consumer._progress.reset({A: 10, B: 0})

    async def receive(self, message: BundleMessage) -> None:
        message.incref()
        self.delivered.append(message)

    async def seek(self, positions: dict[TP, int]) -> None:
        self.seeks.append(positions)

    async def deliver(self, tp: TP, *offsets: int) -> None:
        await self.consumer._deliver({tp: records(tp, *offsets)}, {A, B})

    def committable(self) -> dict[TP, int]:
        found: dict[TP, int] = self.consumer._filter_committable_offsets(
            self.consumer._filter_tps_with_pending_acks(None)
        )
        return found


def records(tp: TP, *offsets: int) -> list[Any]:
    return [
        SimpleNamespace(topic=tp.topic, partition=tp.partition, offset=offset, timestamp=1000, timestamp_type=0)
        for offset in offsets
    ]


def offsets(message: Any) -> list[int]:
    return [record.offset for record in message.value]


def run(test: Callable[[World], Awaitable[None]]) -> None:
    async def main() -> None:
        world = World()
        try:
            await test(world)
        finally:
            world.consumer._thread.thread_loop.close()

    asyncio.run(main())


def test_a_run_of_records_is_one_message_and_its_end_is_committed_once_acknowledged() -> None:
    async def test(world: World) -> None:
        await world.deliver(A, 10, 11, 12)
        await world.deliver(A, 13)
        first, second = world.delivered
        assert offsets(first) == [10, 11, 12]
        assert (first.offset, second.offset) == (12, 13)
        assert world.committable() == {}
        second.ack(world.consumer)
        assert world.committable() == {}
        first.ack(world.consumer)
        assert world.committable() == {A: 14}

    run(test)


def test_records_read_before_are_left_out_and_a_hole_is_read_again() -> None:
    async def test(world: World) -> None:
        await world.deliver(A, 8, 9, 10, 11)
        await world.deliver(A, 14, 15)
        assert offsets(world.delivered[0]) == [10, 11]
        assert world.seeks == [{A: 12}]
        assert len(world.delivered) == 1
        await world.deliver(A, 14, 15)  # still a hole: those offsets do not exist
        assert world.delivered[1].offset == 15

    run(test)


def test_nothing_is_delivered_while_partitions_are_dealt_or_when_they_are_not_ours() -> None:
    async def test(world: World) -> None:
        await world.deliver(TP("inspections", 7), 1)
        world.app.rebalancing = True
        await world.deliver(A, 10)
        assert world.delivered == []
        world.app.rebalancing = False
        await world.deliver(A, 11)  # what was dropped meanwhile is missed
        assert world.delivered == []
        assert world.seeks == [{A: 10}]

    run(test)


def test_what_was_dropped_while_partitions_were_dealt_is_read_again_though_nothing_follows() -> None:
    async def test(world: World) -> None:
        world.app.rebalancing = True
        world.consumer.resume_flow()
        fetched = [{A: records(A, 10, 11)}, {}, {}]

        async def next_records(_timeout: float) -> Any:
            if len(fetched) == 1:
                world.app.rebalancing = False
            if not fetched:
                world.consumer._stopped.set()
                return None, None
            return fetched.pop(0), {A, B}

        world.consumer._wait_next_records = next_records
        await world.consumer._drain_messages(SimpleNamespace(_stopped=asyncio.Event()))
        assert world.seeks == [{A: 10}]

    run(test)


def test_after_a_lost_bundle_the_next_is_not_taken_and_all_is_read_again() -> None:
    async def test(world: World) -> None:
        sought: list[bool] = []

        async def perform_seek() -> None:
            sought.append(True)

        world.consumer.perform_seek = perform_seek
        await world.deliver(A, 10)
        await world.deliver(A, 11)
        lost, following = world.delivered
        world.consumer.track_message(following)
        assert not await world.consumer.take(following)
        assert sought == [True]
        assert following not in world.consumer.unacked
        assert await world.consumer.take(lost)

    run(test)


def test_only_so_many_bundles_are_on_their_way() -> None:
    async def test(world: World) -> None:
        for number in range(MAX_OUTSTANDING):
            await world.deliver(B, number)
        waiting = asyncio.ensure_future(world.deliver(B, MAX_OUTSTANDING))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not waiting.done()
        world.delivered[0].ack(world.consumer)
        await asyncio.wait_for(waiting, 30)
        assert len(world.delivered) == MAX_OUTSTANDING + 1

    run(test)


def test_bundles_pass_through_the_schema_as_they_are() -> None:
    message = SimpleNamespace(value=[1, 2], key=b"k")
    assert BundleSchema().loads_value(None, message) == [1, 2]
    assert BundleSchema().loads_key(None, message) is None
