"""A Faust table whose changelog a belated worker can't wind back.

A worker that was suspended (a paused virtual machine) may write its last states after another one has taken over. So
each value carries the group generation that wrote it and a revision that rises with every write; recovery keeps the
value with the higher (generation, revision), not simply the last one. For the same reason a local value that is newer
than the changelog, written just before a crash, survives recovery: it holds its own high-water marks, so it is always
consistent.

Recovery begins behind the changelog offset that the local copy is said to hold. Stock Faust moves that offset with each
record of its own; when another worker has written in between, that would skip the other's records. Here it moves only
from one offset to the very next.
"""

import struct
import weakref
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from faust.streams import _current_event
from faust.tables.table import Table
from faust.types import TP

_STAMP: Final = struct.Struct(">qq")


class Stamped(NamedTuple):
    """A value with its place in history."""

    generation: int
    revision: int
    value: bytes

    def pack(self) -> bytes:
        """As stored."""
        return _STAMP.pack(self.generation, self.revision) + self.value

    def successor(self, value: bytes, generation: int) -> "Stamped":
        """The next value; the generation never falls, even when a group was deleted and counts from 1 again."""
        return Stamped(max(self.generation, generation), self.revision + 1, value)


NEVER: Final = Stamped(-1, -1, b"")


def unpack(data: bytes | None) -> Stamped:
    """A stored value, or NEVER."""
    if data is None:
        return NEVER
    generation, revision = _STAMP.unpack_from(data)
    return Stamped(generation, revision, data[_STAMP.size :])


class StateTable(Table[bytes, bytes]):
    """Bytes by bytes, written through `save` with the event whose partition they belong to."""

    def load(self, event: Any, key: bytes) -> Stamped:
        """The value of a key in an event's partition."""
        _current_event.set(weakref.ref(event))
        try:
            return unpack(self.data[key])
        except KeyError:
            return NEVER

    def save(self, event: Any, key: bytes, stamped: Stamped) -> Any:
        """Write a value here and to the changelog; returns a future of the changelog's acknowledgement."""
        _current_event.set(weakref.ref(event))
        packed = stamped.pack()
        self.data[key] = packed
        return self.send_changelog(event.message.partition, key, packed)

    def scan(self, partition: int) -> Iterator[tuple[bytes, Stamped]]:
        """Every key of a partition; of all partitions for a store that keeps none apart (memory)."""
        store: Any = self.data
        if hasattr(store, "_db_for_partition"):
            pairs = store._visible_items(store._db_for_partition(partition))
        else:
            pairs = list(store.items())
        for key, packed in pairs:
            yield key, unpack(packed)

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Recover: of each key the value with the highest stamp stays."""
        newest: dict[tuple[int, bytes], tuple[int, int]] = {}
        kept = []
        ends: dict[TP, int] = {}
        for event in batch:
            ends[event.message.tp] = event.message.offset
            key, packed = event.message.key, event.message.value
            place = (event.message.partition, key)
            stamp = unpack(packed)[:2]
            if place not in newest:
                newest[place] = unpack(self._stored(*place))[:2]
            if packed is None or stamp >= newest[place]:
                newest[place] = stamp
                kept.append(event)
        super().apply_changelog_batch(kept)
        for tp, offset in ends.items():
            self.data.set_persisted_offset(tp, offset)

    def _on_changelog_sent(self, future: Any) -> None:
        written = future.result()
        tp, offset = written.topic_partition, written.offset
        held = self._persisted(tp)
        if offset == (0 if held is None else held + 1):
            self.data.set_persisted_offset(tp, offset)

    def _persisted(self, tp: TP) -> int | None:
        return self.persisted_offset(tp) if hasattr(self.data, "_db_for_partition") else None

    def _stored(self, partition: int, key: bytes) -> bytes | None:
        store: Any = self.data
        if hasattr(store, "_db_for_partition"):
            store = store._db_for_partition(partition)
        found: bytes | None = store.get(key)
        return found
