from collections.abc import Iterator
from typing import Any

import pytest

from consumers.archive import whole_topics
from consumers.archive.whole_topics import read_whole
from infra.kafka import BrokerAwayError, TopicMissingError
from infra.settings import Settings


class Message:
    """A message as far as its offset goes."""

    def __init__(self, offset: int) -> None:
        self._offset = offset

    def offset(self) -> int:
        """Where it lies."""
        return self._offset


def reads(*slices: tuple[int, Exception | None]) -> Any:
    """A partition that is read in slices, each so many messages long and then ending or failing."""
    left = list(slices)

    def read(_settings: Settings, _topic: str, _partition: int, start: int | None, **_: float) -> Iterator[Message]:
        count, error = left.pop(0)
        first = start or 0
        yield from (Message(first + number) for number in range(count))
        if error is not None:
            raise error

    return read


def test_a_slow_reading_goes_on_while_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    away = BrokerAwayError("in time")
    monkeypatch.setattr(whole_topics, "read_to_end", reads((3, away), (2, away), (1, None)))
    assert [message.offset() for message in read_whole(Settings(), "t", 0)] == [0, 1, 2, 3, 4, 5]


def test_one_that_stands_still_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    away = BrokerAwayError("in time")
    monkeypatch.setattr(whole_topics, "read_to_end", reads((3, away), (0, away)))
    with pytest.raises(BrokerAwayError):
        list(read_whole(Settings(), "t", 0))


def test_a_topic_that_is_not_there_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_topics, "read_to_end", reads((3, TopicMissingError("no")), (0, None)))
    with pytest.raises(TopicMissingError):
        list(read_whole(Settings(), "t", 0))
