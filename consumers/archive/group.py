"""One membership in a consumer group, as both parts of the archive use it."""

import logging
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from consumers.archive.errors import PartitionLostError
from infra.kafka import make_consumer
from infra.settings import Settings

logger = logging.getLogger(__name__)

_PASSING: Final = frozenset({KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._MAX_POLL_EXCEEDED})
_CONSUMER: Final[dict[str, str | float | bool]] = {
    "partition_assignment_strategy": "cooperative-sticky",
    # A large file on a slow store, or a merge, may keep a loop busy.
    "max_poll_interval_ms": 900_000,
    "queued_max_messages_kbytes": 8_192,
    "fetch_max_bytes": 8 * 2**20,
}


def open_group(settings: Settings, group: str) -> Consumer:
    """A consumer of that group; what it commits is checked."""
    return make_consumer(settings, group, None, **_CONSUMER)


def usable(messages: list[Message]) -> list[Message]:
    """Those that are records; KafkaException for a failure that librdkafka does not mend itself."""
    found = []
    for message in messages:
        error = message.error()
        if error is None:
            found.append(message)
        elif error.code() not in _PASSING:
            raise KafkaException(error)
        else:
            logger.warning("Kafka: %s", error.str())
    return found


def commit_now(consumer: Consumer, positions: list[TopicPartition]) -> None:
    """Commit and wait; PartitionLostError when the group has given a partition to another."""
    try:
        done = consumer.commit(offsets=positions, asynchronous=False)
    except KafkaException as error:
        raise PartitionLostError(f"commit failed: {error.args[0].str()}") from error
    for one in done or []:
        if one.error is not None:
            raise PartitionLostError(f"commit of {one.topic}[{one.partition}] failed: {one.error.str()}")


def lag_of(consumer: Consumer, topic: str) -> int:
    """Records of a topic that lie ahead of this process, by the last fetch."""
    lag = 0
    held = [one for one in consumer.assignment() if one.topic == topic]
    for one in consumer.position(held):
        _, high = consumer.get_watermark_offsets(TopicPartition(topic, one.partition), cached=True)
        lag += max(int(high) - one.offset, 0) if one.offset >= 0 else 0
    return lag
