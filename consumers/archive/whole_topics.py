"""Reads partitions to their end, however long that takes, and says so when the end can't be reached."""

from collections.abc import Iterator
from typing import Final

from confluent_kafka import Message

from infra.kafka import BrokerAwayError, TopicMissingError, read_to_end
from infra.settings import Settings

_SLICE: Final = 120.0  # seconds; a reading that moves on at all goes on after it


def read_whole(settings: Settings, topic: str, partition: int, start: int | None = None) -> Iterator[Message]:
    """Every message of a partition from `start` (default: its beginning) to its end.

    Raises TopicMissingError, or BrokerAwayError when nothing more comes before the end.
    """
    moved = True
    while moved:
        moved = False
        try:
            for message in read_to_end(settings, topic, partition, start, timeout=_SLICE):
                start, moved = (message.offset() or 0) + 1, True
                yield message
        except TopicMissingError:
            raise
        except BrokerAwayError:
            if not moved:
                raise
        else:
            return
