"""What every processor does with a bundle: decode, step, send, store, acknowledge. In that order, always."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from faust.types import TP

from infra import dead_letters as letters
from infra.blobs import BlobStore
from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.headers import read_headers
from schemas.records import DeadLetter, EdgePolicy, Tick
from streams.bundles import Record
from streams.outputs import Output
from streams.state_table import Stamped, StateTable

S = TypeVar("S")
T = TypeVar("T")


class Host(Protocol):
    """What a processor needs to know of the app it runs in."""

    @property
    def generation(self) -> int:
        """The consumer group's generation now."""

    def caught_up(self, tp: TP) -> bool:
        """Whether all of a partition has been read and acknowledged."""

    async def confirmed(self) -> bool:
        """Whether this worker may still speak for its partitions; waits when it was suspended and can't know yet."""


class Sender(Protocol):
    """Delivers outputs: streams.outputs.OutputSender."""

    async def deliver(self, outputs: Sequence[Output]) -> None:
        """Return once Kafka has acknowledged every one of them."""


class Policies(Protocol):
    """Knows the edges' policies: streams.policies.PolicyFollower."""

    def get(self, edge_id: str) -> EdgePolicy | None:
        """An edge's policy; None when it has none of its own."""


class Batch(Generic[S]):
    """One bundle on its way: outputs to send, states to store."""

    def __init__(self) -> None:
        self.outputs: list[Output] = []
        self.states: dict[bytes, tuple[Stamped, S]] = {}


class BundleProcessor(ABC, Generic[S]):
    """Applies bundles to the table; knows Faust only by its table and its events.

    A subclass says what a bundle does to the states of its edges (`process`), how a state is written (`encode`), and
    what it wants to remember of each state it meets (`keep`) until partitions are dealt anew (`begin`).
    """

    def __init__(
        self,
        host: Host,
        table: StateTable,
        sender: Sender,
        codec: Codec,
        blobs: BlobStore,
        *,
        reader: str,
        dead_letters: str,
        on_letter: Callable[[], None],
    ) -> None:
        """`reader` names this process in dead letters, which go to the topic `dead_letters`."""
        self._host = host
        self._table = table
        self._sender = sender
        self._codec = codec
        self._blobs = blobs
        self._reader_name = reader
        self._dead_letters = dead_letters
        self._on_letter = on_letter
        self._generation = -1
        self._met: set[int] = set()
        self._last_tick: dict[int, int] = {}
        self._writes: dict[tuple[int, bytes], asyncio.Future[Any]] = {}

    # For subclasses --------------------------------------------------------------------------------------------------

    @abstractmethod
    async def process(self, event: Any, partition: int) -> Batch[S] | None:
        """Step through a bundle; None when it turns out to be another's."""

    @abstractmethod
    def encode(self, state: S) -> bytes:
        """A state as it is stored."""

    @abstractmethod
    def begin(self) -> None:
        """Forget every partition: they are dealt anew."""

    @abstractmethod
    def meet(self, partition: int, stored: Iterable[tuple[bytes, Stamped]]) -> None:
        """Look through the states of a partition that is met for the first time in a generation."""

    @abstractmethod
    def keep(self, partition: int, key: bytes, stamped: Stamped, state: S) -> None:
        """Note a state that is about to be stored."""

    # One bundle ------------------------------------------------------------------------------------------------------

    async def take(self, event: Any) -> list["asyncio.Future[Any]"] | None:
        """Process one bundle; returns futures of the changelog to wait for before the bundle is acknowledged.

        None: the group moved on meanwhile, the bundle is another's, do not acknowledge.
        """
        generation, partition = event.message.generation_id, event.message.partition
        self._meet(generation, partition)
        batch = await self.process(event, partition)
        if batch is None or (batch.outputs and not await self._deliver(partition, batch)):
            return None
        if generation != self._host.generation:
            return None
        return [self._store(event, key, *entry) for key, entry in batch.states.items()]

    async def _deliver(self, partition: int, batch: Batch[S]) -> bool:
        # What an output says of a stored state must not be known to the world before the changelog has that state.
        await self._written((partition, key) for key in batch.states)
        return await self._say(batch.outputs)

    async def _say(self, outputs: Sequence[Output]) -> bool:
        if not await self._host.confirmed():
            return False
        await self._sender.deliver(outputs)
        return True

    async def _written(self, places: Iterable[tuple[int, bytes]]) -> None:
        for place in places:
            write = self._writes.pop(place, None)
            if write is not None:
                await write

    def _store(self, event: Any, key: bytes, stamped: Stamped, state: S) -> "asyncio.Future[Any]":
        partition, generation = event.message.partition, event.message.generation_id
        after = stamped.successor(self.encode(state), generation)
        self.keep(partition, key, after, state)
        future: asyncio.Future[Any] = self._table.save(event, key, after)
        self._writes[partition, key] = future
        return future

    def _meet(self, generation: int, partition: int) -> None:
        if generation != self._generation:
            self._generation = generation
            self._met.clear()
            self._writes.clear()
            self.begin()
        if partition not in self._met:
            self._met.add(partition)
            self.meet(partition, self._table.scan(partition))

    # Reading ---------------------------------------------------------------------------------------------------------

    def _bury(self, batch: Batch[S], record: Record, reason: str, kind: str) -> None:
        letter = dead_record(record, self._reader_name, reason, kind, self._blobs)
        self._on_letter()
        batch.outputs.append(Output(self._dead_letters, letter.event_id, letter))

    def _by_edge(
        self, batch: Batch[S], records: Sequence[Record], read: Callable[[int, Record], tuple[str, T]]
    ) -> Mapping[bytes, tuple[list[T], list[Record]]]:
        """Events and the records they came in, by edge; `read` gives a record's edge and event, or DecodeError."""
        found: dict[bytes, tuple[list[T], list[Record]]] = {}
        for index, record in enumerate(records):
            try:
                edge_id, event = read(index, record)
                key = _checked_key(record, edge_id)
            except DecodeError as error:
                self._bury(batch, record, str(error), type(error).__name__)
                continue
            events, origins = found.setdefault(key, ([], []))
            events.append(event)
            origins.append(record)
        return found

    def _new_tick(self, batch: Batch[S], records: Sequence[Record], partition: int) -> tuple[int, Record] | None:
        """The latest second among ticks, with its record; None when there is none that was not seen before."""
        at_us = self._last_tick.get(partition, 0)
        origin: Record | None = None
        for record in records:
            try:
                tick = self._codec.decode(record.value, Tick)
            except DecodeError as error:
                self._bury(batch, record, str(error), type(error).__name__)
                continue
            if tick.at_us > at_us:
                at_us, origin = tick.at_us, record
        if origin is None:
            return None
        self._last_tick[partition] = at_us
        return at_us, origin


def _checked_key(record: Record, edge_id: str) -> bytes:
    key = edge_id.encode()
    if record.key != key:
        raise DecodeError(f"a record of edge {edge_id!r} came under the key {record.key!r}")
    return key


def dead_record(record: Record, reader: str, reason: str, kind: str, blobs: BlobStore) -> DeadLetter:
    """The dead letter of a record; its time is the record's own, so a replay writes the same letter."""
    return letters.dead_record(
        reader,
        reason,
        kind,
        place=(record.topic, record.partition, record.offset),
        timestamp_ms=record.timestamp,
        key=record.key,
        headers=read_headers(record.headers),
        raw=record.value or b"",
        at_us=record.timestamp * 1000,
        blobs=blobs,
    )
