"""From messages to one batch: changes, positions, and what nobody could read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import Message

from consumers.console.projection.changes import Change, Put, table_of
from consumers.console.projection.rows import TOPICS, apply, apply_tombstone
from consumers.console.tables.progress import PositionRow
from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.records import Record

_RECORDS: Final[dict[str, type[Record]]] = {topic.name: topic.record for topic in TOPICS if topic.record is not None}
_POSITIONS: Final = table_of(PositionRow)


@dataclass(slots=True)
class Batch:
    """What some messages come to. `changes` end with the positions, so that both are written or neither."""

    changes: list[Change] = field(default_factory=list)
    unreadable: list[tuple[Message, Exception]] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)


def batch_of(messages: Iterable[Message], codec: Codec) -> Batch:
    """Read messages; order is kept within a partition, which is all the order there is."""
    batch, positions = Batch(), {}
    for message in messages:
        topic, partition, offset = message.topic() or "", message.partition() or 0, message.offset() or 0
        positions[topic, partition] = offset + 1
        batch.taken[topic] = batch.taken.get(topic, 0) + 1
        try:
            batch.changes += _changes(message, topic, offset, codec)
        except DecodeError as error:
            batch.unreadable.append((message, error))
    batch.changes += [
        Put(_POSITIONS, {"topic": topic, "partition": partition, "next_offset": offset})
        for (topic, partition), offset in positions.items()
    ]
    return batch


def only_positions(batch: Batch) -> list[Change]:
    """What is left of a batch whose records can't be written: that they were read."""
    return [change for change in batch.changes if isinstance(change, Put) and change.table is _POSITIONS]


def _changes(message: Message, topic: str, offset: int, codec: Codec) -> list[Change]:
    value = message.value()
    if value is None:
        return apply_tombstone(topic, message.key() or b"")
    return apply(codec.decode(value, _RECORDS[topic]), offset)
