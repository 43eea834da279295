"""Faust's Kafka driver, delivering each fetched run of records as one event.

Stock Faust carries every record through its consumer, conductor, channel, stream and acknowledgement one by one; at
14,000 records/s that machinery is all a core can do, and a race of two tasks for every record (`wait_first` in
`_drain_messages`) is its largest part. Here the run of records that one fetch returned for one partition travels as one
message whose value is the list of records. Everything else is Faust's own: group, assignor, flow control, generations,
tables, changelogs, recovery. Changelog records keep going one by one, as recovery expects.

An acknowledged bundle makes its end committable once all bundles before it are (streams.progress). A bundle that Faust
drops in a rebalance is never acknowledged, so it is read again; the reader asks `take` before it processes one.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, cast

from aiokafka.structs import TopicPartition
from faust.serializers.schemas import Schema
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from faust.types.tuples import ack_lock
from mode.utils.futures import notify

from streams.progress import Progress, Span, Turn


class Record(Protocol):
    """A Kafka record as aiokafka gives it; its timestamp in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


Records = list[Record]
# Bundles on their way to the agent: with fetches of 1 MiB a bound on memory, and enough that the agent never waits.
MAX_OUTSTANDING: Final = 8


class BundleMessage(ConsumerMessage):
    """A run of records of one partition; `value` is the list, `offset` the last one's."""

    __slots__ = ("bundle_span",)

    def __init__(self, tp: TP, records: Records, span: Span, generation_id: int) -> None:
        last = records[-1]
        super().__init__(
            topic=tp.topic,
            partition=tp.partition,
            offset=last.offset,
            timestamp=last.timestamp / 1000,
            timestamp_type=last.timestamp_type,
            headers=None,
            key=None,
            value=cast("bytes", records),
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=0,
            tp=tp,
            generation_id=generation_id,
        )
        self.bundle_span = span


class BundleSchema(Schema[Any, Any]):
    """Hands bundles through as they are: records are decoded by the step's own reader."""

    def loads_key(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> Any:
        return None

    def loads_value(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> Any:
        return message.value


class BundleConsumer(driver.Consumer):
    """Delivers bundles to the streams and commits the end of those that are acknowledged."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._progress: Progress[TP] = Progress()
        self._room = asyncio.Event()
        self._skipped: set[TP] = set()  # partitions of which a run was dropped; nothing else may ever show it

    def caught_up(self, tp: TP) -> bool:
        """Whether every record of a partition that Kafka told us of has been acknowledged."""
        state = self._assigned_state(tp)
        if state is None or state.highwater is None:
            return False
        ours = self._progress.position(tp)
        return ours is not None and ours >= state.highwater and not self._progress.outstanding(tp)

    def _assigned_state(self, tp: TP) -> Any:
        subscription = self._thread._ensure_consumer()._fetcher._subscriptions.subscription
        assignment = subscription.assignment if subscription is not None else None
        if assignment is None:
            return None
        wanted = TopicPartition(tp.topic, tp.partition)
        return assignment.state_value(wanted) if wanted in assignment.tps else None

    # Reading ---------------------------------------------------------------------------------------------------------

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                await self.sleep(0)
                records, active = await self._wait_next_records(1.0)
                if self.should_stop or records is None:
                    continue
                if self.flow_active:
                    await self._read_skipped()
                    await self._deliver(records, active)
                else:
                    await self._seek_back()
        except self.consumer_stopped_errors:
            if not self.transport.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.transport.app.should_stop:
                raise

    async def _seek_back(self) -> None:
        # What was fetched while the flow stopped is dropped here, so positions go back to what was committed.
        try:
            await self.perform_seek()
        except Exception as error:  # noqa: BLE001 - as in Consumer.getmany: the next rebalance sets positions again
            self.log.warning("could not seek while the flow was stopped: %r", error)

    async def _deliver(self, records: Mapping[Any, Records], active: set[TP] | None) -> None:
        for key, run in records.items():
            tp = TP(key.topic, key.partition)
            if not self.flow_active:
                return
            ours = active is None or tp in active or tp in self._buffered_partitions
            if self._is_changelog_tp(tp):
                if ours:
                    await self._deliver_changelog(tp, run)
            elif ours and not self.app.rebalancing:
                await self._deliver_bundle(tp, run)
            else:  # while partitions are dealt Faust clears its queues: a bundle would be lost there
                self._skipped.add(tp)

    async def _read_skipped(self) -> None:
        """Go back for what was dropped: where nothing follows it, no gap would ever show that it is missing."""
        if not self.app.rebalancing:
            for tp in list(self._skipped):
                await self._read_again(tp)
            self._skipped.clear()

    async def _deliver_changelog(self, tp: TP, run: Records) -> None:
        for record in run:
            if not self.flow_active:
                return
            await self.wait_first(self.callback(self._to_message(tp, record)), self.suspend_flow.wait())
            self._read_offset[tp] = record.offset

    async def _deliver_bundle(self, tp: TP, run: Records) -> None:
        if not await self._has_room():
            return
        position = self._progress.position(tp)
        fresh = [] if position is None else [record for record in run if record.offset >= position]
        if not fresh:
            return
        if not self._progress.continues(tp, fresh[0].offset):
            await self._read_again(tp)
            return
        self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        span = self._progress.hand_out(tp, fresh[-1].offset + 1)
        message = BundleMessage(tp, fresh, span, self.app.consumer_generation_id)
        await self.wait_first(self.callback(message), self.suspend_flow.wait())

    async def _read_again(self, tp: TP) -> None:
        position = self._progress.position(tp)
        if position is not None and tp in self.assignment():
            self.log.info("reading %s[%d] again from offset %d", tp.topic, tp.partition, position)
            await self.seek_wait({tp: position})

    async def _has_room(self) -> bool:
        while self._progress.outstanding() >= MAX_OUTSTANDING:
            self._room.clear()
            await self.wait_first(self._room.wait(), self.suspend_flow.wait())
            if self.should_stop or not self.flow_active:
                return False
        return True

    # Taking ----------------------------------------------------------------------------------------------------------

    async def take(self, message: BundleMessage) -> bool:
        """Whether the reader may process a bundle that reached it; if not, its records come again."""
        turn = self._progress.take(message.tp, message.bundle_span)
        if turn is not Turn.NOW:
            self.let_go(message)
        if turn is Turn.BROKEN:
            self.log.warning("a bundle of %s[%d] was lost on its way, reading again", message.topic, message.partition)
            await self.perform_seek()
            self._skipped.update(self._progress.partitions())  # what was fetched while positions moved was dropped
        return turn is Turn.NOW

    def let_go(self, message: BundleMessage) -> None:
        """Stop waiting for a bundle that will never be acknowledged: a rebalance would wait for it for ever."""
        self._unacked_messages.discard(message)

    # Committing ------------------------------------------------------------------------------------------------------

    async def perform_seek(self) -> None:
        """Go back to what was committed, or to the beginning where nothing was; all that was handed out is stale."""
        await super().perform_seek()
        sources = [tp for tp in self.assignment() if not self._is_changelog_tp(tp)]
        positions = {tp: offset for tp in sources if (offset := self._read_offset[tp]) is not None}
        unread = [tp for tp in sources if tp not in positions]
        if unread:
            earliest = {TP(*tp): offset for tp, offset in (await self.earliest_offsets(*unread)).items()}
            await self.seek_wait(earliest)
            positions.update(earliest)
        self._progress.reset(positions)
        self._room.set()

    def ack(self, message: Any) -> bool:
        """Note a bundle as done; anything else as Faust does."""
        if not isinstance(message, BundleMessage):
            return super().ack(message)
        with ack_lock:
            if message.bundle_span.done:
                return False
            message.acked = message.bundle_span.done = True
            self._unacked_messages.discard(message)
        self._room.set()
        notify(self._waiting_for_ack)
        return True

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (tp for tp in self._progress.partitions() if topics is None or tp in topics or tp.topic in topics)

    def _filter_committable_offsets(self, tps: Iterable[TP]) -> dict[TP, int]:
        found = {tp: self._progress.committable(tp) for tp in tps}
        return {tp: end for tp, end in found.items() if end is not None and self._should_commit(tp, end)}


class BundleTransport(driver.Transport):
    """Faust's aiokafka transport with this consumer."""

    Consumer = BundleConsumer
