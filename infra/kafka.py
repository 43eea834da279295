"""Kafka clients with the settings every part of linewatch relies on."""

import time
from collections.abc import Callable, Iterator
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from infra.errors import InfraError
from infra.settings import Settings

Setting = str | float | bool
# How long one question to the brokers may take before it counts as "the broker is away", seconds.
ANSWER_TIMEOUT: Final = 10.0
# What a partition answers while a broker restarts and leaders are found.
_PASSING: Final = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
    }
)


# The same of a topic that was created this moment, or of one that is not there at all: asked again for so many seconds.
_UNKNOWN: Final = frozenset(
    {KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION, KafkaError.UNKNOWN_TOPIC_OR_PART}
)
_SETTLED_AFTER: Final = 2.0


class BrokerAwayError(InfraError):
    """No broker answered in time; check `linewatch broker status` and bootstrap_servers, then try again."""


class TopicMissingError(BrokerAwayError):
    """A topic is not there (yet): `linewatch topics apply` makes it. Who waits for the broker waits for it as well."""


def make_producer(settings: Settings, **overrides: Setting) -> Producer:
    """An idempotent producer, acks=all, with Kafka's own partitioner: librdkafka's default would break co-partitioning.

    `overrides` are librdkafka settings with underscores for dots.
    """
    defaults: dict[str, Setting] = {
        "enable_idempotence": True,
        "acks": "all",
        "partitioner": "murmur2_random",
        "delivery_timeout_ms": 120_000,
    }
    return Producer(settings.kafka_settings(**{**defaults, **overrides}))


OnCommit = Callable[[KafkaError | None, list[TopicPartition]], None]


def make_consumer(settings: Settings, group: str, on_commit: OnCommit | None = None, **overrides: Setting) -> Consumer:
    """A consumer that commits only by hand and starts at the beginning when its group has no position.

    It reads uncommitted records: gateways use transactions for fencing alone, and a frame sent twice is dropped by its
    sequence, so waiting for commits would only delay the verdict. `on_commit` hears how asynchronous commits went.
    """
    defaults: dict[str, Setting] = {
        "group_id": group,
        "enable_auto_commit": False,
        "enable_auto_offset_store": False,
        "auto_offset_reset": "earliest",
        "isolation_level": "read_uncommitted",
        "session_timeout_ms": 6_000,
        "heartbeat_interval_ms": 2_000,
    }
    callbacks = {} if on_commit is None else {"on_commit": on_commit}
    return Consumer({**settings.kafka_settings(**{**defaults, **overrides}), **callbacks})


def make_admin(settings: Settings) -> AdminClient:
    """An admin client."""
    # Whatever fails is raised where it was asked for; librdkafka would tell of every refused connection besides.
    return AdminClient({**settings.kafka_settings(), "log_level": 0})


def checked_message(message: Message | None) -> Message | None:
    """The message, or None for nothing and for events that librdkafka mends itself; KafkaException for the rest."""
    if message is None:
        return None
    error = message.error()
    if error is None:
        return message
    if error.code() in (KafkaError._PARTITION_EOF, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN):
        return None
    raise KafkaException(error)


def read_to_end(
    settings: Settings, topic: str, partition: int = 0, start: int | None = None, timeout: float = 60.0
) -> Iterator[Message]:
    """Every message of a partition from `start` (default: its beginning) up to the end seen at the call, group-less.

    `timeout` is for the whole read, seconds. Raises BrokerAwayError when the end is not reached in time,
    TopicMissingError when there is no such partition.
    """
    # Whatever fails is raised below; librdkafka would print a line for every refused connection besides.
    consumer = make_consumer(settings, "linewatch.reader", enable_partition_eof=True, log_level=0)
    try:
        yield from _until_end(consumer, topic, partition, start, time.monotonic() + timeout)
    finally:
        consumer.close()


def _until_end(consumer: Consumer, topic: str, partition: int, start: int | None, deadline: float) -> Iterator[Message]:
    low, high = _watermarks(consumer, topic, partition)
    consumer.assign([TopicPartition(topic, partition, low if start is None else min(max(start, low), high))])
    while low < high:
        messages = consumer.consume(500, 0.2)
        for message in messages:
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                return
            if checked_message(message) is not None:
                yield message
        # Transaction markers take offsets that no message has, so the position decides, not the last message.
        position = consumer.position([TopicPartition(topic, partition)])[0].offset
        if position >= high:
            return
        if time.monotonic() > deadline:
            raise BrokerAwayError(
                f"read {topic}[{partition}] up to offset {position} of {high}, then no answer in time"
            )


def _watermarks(consumer: Consumer, topic: str, partition: int) -> tuple[int, int]:
    """First and end offset; a partition that is looking for its leader (a broker just restarted) is asked again."""
    started = time.monotonic()
    while True:
        try:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=ANSWER_TIMEOUT)
        except KafkaException as error:
            code, waited = error.args[0].code(), time.monotonic() - started
            patience = ANSWER_TIMEOUT if code in _PASSING else _SETTLED_AFTER if code in _UNKNOWN else 0.0
            if waited >= patience:
                raise _unreachable(topic, partition, error.args[0]) from error
            time.sleep(0.2)
        else:
            return int(low), int(high)


def _unreachable(topic: str, partition: int, reason: KafkaError) -> BrokerAwayError:
    if reason.code() in _UNKNOWN:
        return TopicMissingError(f"topic {topic} has no partition {partition} in Kafka: run `linewatch topics apply`")
    return BrokerAwayError(
        f"offsets of {topic}[{partition}] are not to be had ({reason.str()}): see `linewatch broker status` and "
        "bootstrap_servers"
    )


def read_compacted(settings: Settings, topic: str, timeout: float = 60.0) -> dict[bytes, bytes]:
    """The latest value of each key of a compacted one-partition topic; deleted keys are left out."""
    latest: dict[bytes, bytes] = {}
    for message in read_to_end(settings, topic, timeout=timeout):
        key, value = message.key() or b"", message.value()
        if value is None:
            latest.pop(key, None)
        else:
            latest[key] = value
    return latest


def key_partition(key: str, partitions: int) -> int:
    """The partition of a key, as Kafka's Java clients and `murmur2_random` choose it."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """32-bit murmur2 with Kafka's seed, unsigned. Source: Austin Appleby's MurmurHash2, as KIP-480 relies on it."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ len(data)) & mask
    whole = len(data) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        k = (k ^ (k >> 24)) * m & mask
        h = (h * m & mask) ^ k
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ (h >> 13)) * m & mask
    return h ^ (h >> 15)
