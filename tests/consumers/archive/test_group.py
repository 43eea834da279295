"""Membership in groups is proven in tests/integration/test_archive.py."""

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from consumers.archive.errors import PartitionLostError
from consumers.archive.group import commit_now, usable


class Message:
    """A message, or an event of librdkafka."""

    def __init__(self, code: int | None = None) -> None:
        self._error = None if code is None else KafkaError(code)

    def error(self) -> KafkaError | None:
        """What is wrong with it."""
        return self._error


class Consumer:
    """A consumer whose commits end as told."""

    def __init__(self, raised: Exception | None = None, partition: Any = None) -> None:
        self._raised, self._partition = raised, partition

    def commit(self, **_: Any) -> list[Any]:
        """Commit."""
        if self._raised:
            raise self._raised
        return [self._partition]


def test_passing_trouble_is_no_failure() -> None:
    records: Any = [Message(), Message(KafkaError._TRANSPORT), Message(KafkaError._MAX_POLL_EXCEEDED)]
    assert usable(records) == records[:1]
    failing: Any = [Message(KafkaError.TOPIC_AUTHORIZATION_FAILED)]
    with pytest.raises(KafkaException):
        usable(failing)


class Refused:
    """A partition whose commit was refused."""

    topic, partition, error = "inspections", 3, KafkaError(KafkaError.ILLEGAL_GENERATION)


@pytest.mark.parametrize(
    "consumer",
    [Consumer(raised=KafkaException(KafkaError(KafkaError.UNKNOWN_MEMBER_ID))), Consumer(partition=Refused())],
)
def test_a_commit_that_is_refused_means_the_partition_is_lost(consumer: Any) -> None:
    with pytest.raises(PartitionLostError):
        commit_now(consumer, [TopicPartition("inspections", 3, 1)])


def test_a_commit_that_is_taken_is_silent() -> None:
    done: Any = Consumer(partition=TopicPartition("inspections", 3, 1))
    commit_now(done, [TopicPartition("inspections", 3, 1)])
