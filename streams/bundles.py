"""Faust's Kafka driver, delivering each fetched run of records as one event.

Stock Faust carries every record through its consumer, conductor, channel, stream and acknowledgement one by one; at
14,000 records/s that machinery is all a core can do, and a race of two tasks for every record (`wait_first` in
`_drain_messages`) is its largest part. Here the run of records that one fetch returned for one partition travels as one
message whose value is the list of records. Everything else is Faust's own: group, assignor, flow control, generations,
tables, changelogs, recovery. Changelog records keep going one by one, as recovery expects.

An acknowledged bundle makes its end committable once all bundles before it are (streams.progress). A bundle dropped in
a rebalance is never acknowledged, so it is read again.
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

from streams.progress import Progress, Span


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
# Bundles on their way to the agent: with fetches of 512 KiB a bound on memory, and enough that the agent never waits.
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

    def caught_up(self, tp: TP) -> bool:
        """Whether every record of a partition that Kafka told us of has been acknowledged."""
        state = self._assigned_state(tp)
        if state is None or state.highwater is None or not state.has_valid_position:
            return False
        return bool(state.position >= state.highwater) and not self._progress.outstanding(tp)

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
        generation = self.app.consumer_generation_id
        for key, run in records.items():
            tp = TP(key.topic, key.partition)
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            if active is None or tp in active or tp in self._buffered_partitions:
                if self._is_changelog_tp(tp):
                    await self._deliver_changelog(tp, run)
                else:
                    await self._deliver_bundle(tp, run, generation)

    async def _deliver_changelog(self, tp: TP, run: Records) -> None:
        for record in run:
            if not self.flow_active:
                return
            await self.wait_first(self.callback(self._to_message(tp, record)), self.suspend_flow.wait())
            self._read_offset[tp] = record.offset

    async def _deliver_bundle(self, tp: TP, run: Records, generation: int) -> None:
        read = self._read_offset[tp]
        fresh = run if read is None else [record for record in run if record.offset >= read]
        if not fresh or not await self._has_room():
            return
        self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        span = self._progress.hand_out(tp, fresh[-1].offset + 1)
        message = BundleMessage(tp, fresh, span, generation)
        await self.wait_first(self.callback(message), self.suspend_flow.wait())
        self._read_offset[tp] = span.end

    async def _has_room(self) -> bool:
        while self._progress.outstanding() >= MAX_OUTSTANDING:
            self._room.clear()
            await self.wait_first(self._room.wait(), self.suspend_flow.wait())
            if self.should_stop or not self.flow_active:
                return False
        return True

    # Committing ------------------------------------------------------------------------------------------------------

    async def perform_seek(self) -> None:
        self._progress.clear()
        await super().perform_seek()
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
