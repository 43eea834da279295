"""One bundle after another through the step: decode, step, send, store, acknowledge. In that order, always."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol

from faust.types import TP

from infra.blobs import BlobStore
from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.headers import read_headers
from schemas.records import DeadLetter, Inspection, Tick
from schemas.topics import ALARMS, DEAD_LETTERS, EDGE_POLICIES, EDGE_STATISTICS, INLINE_LIMIT, INSPECTIONS, TICKS
from streams.bundles import Record
from streams.line_statistics.events import Counted, Event, Second, counted, rule_of
from streams.line_statistics.metrics import StatisticsMetrics
from streams.line_statistics.outcome import Outcome
from streams.line_statistics.reader import BundleReader
from streams.line_statistics.state import WRITER, EdgeState, StateVersionError, encode_state
from streams.line_statistics.step import awaits_tick, step
from streams.outputs import Output, OutputSender
from streams.policies import PolicyFollower
from streams.state_table import Stamped, StateTable

_LOG: Final = logging.getLogger(__name__)
# A record younger than this before a tick shows that its partition is read up to the present, microseconds.
_PRESENT_US: Final = 2_000_000
# Edges stepped at a tick before other tasks (heartbeats, commits) get a turn.
_TURN: Final = 32


class TopicNames(NamedTuple):
    """Where line_statistics reads and writes."""

    inspections: str = INSPECTIONS.name
    ticks: str = TICKS.name
    policies: str = EDGE_POLICIES.name
    statistics: str = EDGE_STATISTICS.name
    alarms: str = ALARMS.name
    dead_letters: str = DEAD_LETTERS.name


class Host(Protocol):
    """What a processor needs to know of the app it runs in."""

    @property
    def generation(self) -> int:
        """The consumer group's generation now."""

    def caught_up(self, tp: TP) -> bool:
        """Whether all of a partition has been read and acknowledged."""

    async def confirmed(self) -> bool:
        """Whether this worker may still speak for its partitions; waits when it was suspended and can't know yet."""


class _Batch:
    """One bundle on its way: outputs to send, states to store."""

    def __init__(self) -> None:
        self.outputs: list[Output] = []
        self.states: dict[bytes, tuple[Stamped, EdgeState]] = {}


class Processor:
    """Applies bundles to the table; knows Faust only by its table and its events."""

    def __init__(
        self,
        host: Host,
        table: StateTable,
        sender: OutputSender,
        policies: PolicyFollower,
        codec: Codec,
        blobs: BlobStore,
        metrics: StatisticsMetrics,
        names: TopicNames,
    ) -> None:
        self._host = host
        self._table = table
        self._sender = sender
        self._policies = policies
        self._codec = codec
        self._blobs = blobs
        self._metrics = metrics
        self._names = names
        self._reader = BundleReader()
        self._generation = -1
        self._awaiting: dict[int, set[bytes]] = {}  # per partition: edges that the next tick concerns
        self._taken_over: dict[int, set[bytes]] = {}  # edges whose minutes the next tick publishes again
        self._last_tick: dict[int, int] = {}
        self._last_record: dict[int, int] = {}  # per partition: timestamp of its latest inspection, microseconds

    async def take(self, event: Any) -> list["asyncio.Future[Any]"] | None:
        """Process one bundle; returns futures of the changelog to wait for before the bundle is acknowledged.

        None: the group moved on meanwhile, the bundle is another's, do not acknowledge.
        """
        generation, partition = event.message.generation_id, event.message.partition
        self._meet(generation, partition)
        if event.message.topic == self._names.ticks:
            batch = await self._ticks(event, partition)
        else:
            batch = self._inspections(event, partition)
        if batch.outputs:
            if not await self._host.confirmed():
                return None
            await self._sender.deliver(batch.outputs)
        if generation != self._host.generation:
            return None
        return [self._store(event, key, *entry) for key, entry in batch.states.items()]

    def _store(self, event: Any, key: bytes, stamped: Stamped, state: EdgeState) -> "asyncio.Future[Any]":
        partition, generation = event.message.partition, event.message.generation_id
        self._metrics.keep(partition, state)
        self._note(partition, key, state)
        future: asyncio.Future[Any] = self._table.save(event, key, stamped.successor(encode_state(state), generation))
        return future

    def _note(self, partition: int, key: bytes, state: EdgeState) -> None:
        if awaits_tick(state):
            self._awaiting[partition].add(key)
        else:
            self._awaiting[partition].discard(key)

    def _meet(self, generation: int, partition: int) -> None:
        """Look through a partition's states when it is met for the first time in a generation."""
        if generation != self._generation:
            self._generation = generation
            self._awaiting.clear()
            self._taken_over.clear()
            self._last_record.clear()
            self._metrics.forget()
        if partition not in self._awaiting:
            self._awaiting[partition] = set()
            self._taken_over[partition] = set()
            for key, stamped in self._table.scan(partition):
                state, _ = step(key.decode(), stamped.value, ())
                self._metrics.keep(partition, state)
                self._note(partition, key, state)
                self._taken_over[partition].add(key)

    # Inspections -----------------------------------------------------------------------------------------------------

    def _inspections(self, event: Any, partition: int) -> _Batch:
        batch = _Batch()
        records: Sequence[Record] = event.value
        by_edge: dict[bytes, tuple[list[Counted], list[Record]]] = {}
        read = self._reader.read([record.value for record in records])
        for record, known in zip(records, read, strict=True):
            try:
                frame = known or counted(self._codec.decode(record.value, Inspection))
                _check_key(record, frame)
            except DecodeError as error:
                self._bury(batch, record, str(error), type(error).__name__)
                continue
            frames, origins = by_edge.setdefault(record.key or b"", ([], []))
            frames.append(frame)
            origins.append(record)
        for key, (frames, origins) in by_edge.items():
            self._step(batch, event, key, frames, origins)
        self._last_record[partition] = records[-1].timestamp * 1000
        return batch

    def _step(self, batch: _Batch, event: Any, key: bytes, events: Sequence[Event], origins: Sequence[Record]) -> None:
        """Step one edge; an event that no step survives is dead-lettered, and the others go on without it."""
        edge_id = key.decode()
        stamped = self._table.load(event, key)
        before = stamped.value if stamped.revision >= 0 else None
        policy = self._policies.get(edge_id)
        rule: list[Event] = [] if policy is None else [rule_of(policy)]
        try:
            state, out = step(edge_id, before, [*rule, *events])
        except StateVersionError:
            raise
        except Exception:  # noqa: BLE001 - a bug of ours must not stop the other edges
            _LOG.exception("edge %s: a batch of %d events failed as a whole, now one by one", edge_id, len(events))
            state, out = _one_by_one(edge_id, before, [*rule, *events])
        batch.states[key] = (stamped, state)
        names = self._names
        batch.outputs += [Output(names.statistics, record.key, record) for record in out.statistics]
        batch.outputs += [Output(names.alarms, alarm.alarm_id, alarm) for alarm in out.alarms]
        for index, reason in out.refused:
            if index >= len(rule) and origins:
                self._bury(batch, origins[index - len(rule)], reason, "ImpossibleEvent")

    def _bury(self, batch: _Batch, record: Record, reason: str, kind: str) -> None:
        letter = dead_record(record, reason, kind, self._blobs)
        self._metrics.dead_letters.inc()
        batch.outputs.append(Output(self._names.dead_letters, letter.event_id, letter))

    # Ticks -----------------------------------------------------------------------------------------------------------

    async def _ticks(self, event: Any, partition: int) -> _Batch:
        batch = _Batch()
        at_us = self._last_tick.get(partition, 0)
        origin: Record | None = None
        for record in event.value:
            try:
                tick = self._codec.decode(record.value, Tick)
            except DecodeError as error:
                self._bury(batch, record, str(error), type(error).__name__)
                continue
            if tick.at_us > at_us:
                at_us, origin = tick.at_us, record
        if origin is None:
            return batch
        self._last_tick[partition] = at_us
        self._metrics.last_tick.set(at_us / 1e6)
        caught_up, again = self._caught_up(partition, at_us), self._taken_over[partition]
        self._taken_over[partition] = set()
        for number, key in enumerate(sorted(self._awaiting[partition] | again)):
            second = Second(at_us=at_us, caught_up=caught_up, again=key in again)
            self._step(batch, event, key, [second], [origin])
            if number % _TURN == _TURN - 1:
                await asyncio.sleep(0)
        return batch

    def _caught_up(self, partition: int, at_us: int) -> bool:
        latest = self._last_record.get(partition, 0)
        return latest >= at_us - _PRESENT_US or self._host.caught_up(TP(self._names.inspections, partition))


def _check_key(record: Record, frame: Counted) -> None:
    if record.key != frame.edge_id.encode():
        raise DecodeError(f"an inspection of edge {frame.edge_id!r} came under the key {record.key!r}")


def _one_by_one(edge_id: str, before: bytes | None, events: Sequence[Event]) -> tuple[EdgeState, Outcome]:
    state, out = step(edge_id, before, ())
    for index, event in enumerate(events):
        try:
            after, said = step(edge_id, encode_state(state), [event])
        except Exception as error:  # noqa: BLE001 - as above
            _LOG.exception("edge %s: event %d is dead-lettered", edge_id, index)
            out.refused.append((index, f"{type(error).__name__}: {error}"))
            continue
        state = after
        out.statistics += said.statistics
        out.alarms += said.alarms
        out.refused += [(index, reason) for _, reason in said.refused]
    return state, out


def dead_record(record: Record, reason: str, kind: str, blobs: BlobStore) -> DeadLetter:
    """The dead letter of a record; its time is the record's own, so a replay writes the same letter."""
    raw = record.value or b""
    inline, check = (raw, None) if len(raw) <= INLINE_LIMIT else (None, blobs.put(raw))
    return DeadLetter(
        reader=WRITER,
        at_us=record.timestamp * 1000,
        reason=reason,
        kind=kind,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp_us=record.timestamp * 1000,
        key=record.key,
        headers=read_headers(record.headers),
        raw=inline,
        claim_check=check,
    )
