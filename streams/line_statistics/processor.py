"""Bundles of inspections and ticks through the step of line_statistics."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from faust.types import TP

from infra.blobs import BlobStore
from schemas.codec import Codec
from schemas.records import Inspection
from schemas.topics import ALARMS, DEAD_LETTERS, EDGE_POLICIES, EDGE_STATISTICS, INSPECTIONS, TICKS
from streams.bundles import Record
from streams.line_statistics.events import Counted, Event, Second, counted, rule_of
from streams.line_statistics.metrics import StatisticsMetrics
from streams.line_statistics.outcome import Outcome
from streams.line_statistics.reader import BundleReader
from streams.line_statistics.state import WRITER, EdgeState, StateVersionError, encode_state
from streams.line_statistics.step import awaits_tick, step
from streams.outputs import Output
from streams.processor import Batch, BundleProcessor, Host, Policies, Sender
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


class Processor(BundleProcessor[EdgeState]):
    """Counts bundles into the table."""

    def __init__(
        self,
        host: Host,
        table: StateTable,
        sender: Sender,
        policies: Policies,
        codec: Codec,
        blobs: BlobStore,
        metrics: StatisticsMetrics,
        names: TopicNames,
    ) -> None:
        super().__init__(
            host,
            table,
            sender,
            codec,
            blobs,
            reader=WRITER,
            dead_letters=names.dead_letters,
            on_letter=metrics.dead_letters.inc,
        )
        self._policies = policies
        self._metrics = metrics
        self._names = names
        self._reader = BundleReader()
        self._awaiting: dict[int, set[bytes]] = {}  # per partition: edges that the next tick concerns
        self._taken_over: dict[int, set[bytes]] = {}  # edges whose minutes the next tick publishes again
        self._last_record: dict[int, int] = {}  # per partition: timestamp of its latest inspection, microseconds

    async def process(self, event: Any, partition: int) -> Batch[EdgeState]:
        """Step through a bundle of inspections or ticks."""
        if event.message.topic == self._names.ticks:
            return await self._ticks(event, partition)
        return self._inspections(event, partition)

    def encode(self, state: EdgeState) -> bytes:
        """A state as it is stored."""
        return encode_state(state)

    def begin(self) -> None:
        """Forget every partition."""
        self._awaiting.clear()
        self._taken_over.clear()
        self._last_record.clear()
        self._metrics.forget()

    def meet(self, partition: int, stored: Iterable[tuple[bytes, Stamped]]) -> None:
        """Show the states of a partition, and have them published again."""
        self._awaiting[partition] = set()
        self._taken_over[partition] = set()
        for key, stamped in stored:
            state, _ = step(key.decode(), stamped.value, ())
            self.keep(partition, key, stamped, state)
            self._taken_over[partition].add(key)

    def keep(self, partition: int, key: bytes, stamped: Stamped, state: EdgeState) -> None:
        """Show a state, and note whether the next tick concerns it."""
        self._metrics.keep(partition, state)
        if awaits_tick(state):
            self._awaiting[partition].add(key)
        else:
            self._awaiting[partition].discard(key)

    # Inspections -----------------------------------------------------------------------------------------------------

    def _inspections(self, event: Any, partition: int) -> Batch[EdgeState]:
        batch = Batch[EdgeState]()
        records: Sequence[Record] = event.value
        known = self._reader.read([record.value for record in records])

        def read(index: int, record: Record) -> tuple[str, Counted]:
            frame = known[index] or counted(self._codec.decode(record.value, Inspection))
            return frame.edge_id, frame

        for key, (frames, origins) in self._by_edge(batch, records, read).items():
            self._step(batch, event, key, frames, origins)
        self._last_record[partition] = records[-1].timestamp * 1000
        return batch

    def _step(
        self, batch: Batch[EdgeState], event: Any, key: bytes, events: Sequence[Event], origins: Sequence[Record]
    ) -> None:
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

    # Ticks -----------------------------------------------------------------------------------------------------------

    async def _ticks(self, event: Any, partition: int) -> Batch[EdgeState]:
        batch = Batch[EdgeState]()
        tick = self._new_tick(batch, event.value, partition)
        if tick is None:
            return batch
        at_us, origin = tick
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
