"""Reads frames from Kafka by offset: one, many, or all from a moment on; without a group, without commits."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, Message, TopicPartition

from infra.kafka import ANSWER_TIMEOUT, BrokerAwayError, TopicMissingError, checked_message, make_consumer
from infra.settings import Settings

# Offsets closer than this are read in one stream; a new position costs a round trip, about what so many frames cost.
DENSE_GAP: Final = 16
_SILENCE_S: Final = 20.0  # without a record or an end, the broker counts as away
BATCH: Final = 64  # messages taken at once; at 900 kB each they are 58 MB
_QUEUE_KB: Final = 32_768  # what librdkafka may hold ahead of us, for a partition
_FETCH_BYTES: Final = 8 * 2**20
_BACKOFF_MS: Final = 5
_FETCH_WAIT_MS: Final = 10
_GROUP: Final = "linewatch.datasets"  # no group is joined; librdkafka wants a name
_UNKNOWN: Final = frozenset(
    {KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION, KafkaError.UNKNOWN_TOPIC_OR_PART}
)
_GONE: Final = frozenset({KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE})


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets of one partition that exist: `low` up to, not including, `high`."""

    low: int
    high: int


def runs(offsets: Sequence[int], gap: int = DENSE_GAP) -> list[tuple[int, int]]:
    """First and last offset of each dense run of rising offsets.

    >>> runs([1, 2, 5, 90, 91], gap=10)
    [(1, 5), (90, 91)]
    """
    found: list[tuple[int, int]] = []
    for offset in offsets:
        if found and offset - found[-1][1] <= gap:
            found[-1] = (found[-1][0], offset)
        else:
            found.append((offset, offset))
    return found


def make_frame_consumer(settings: Settings, *, read_ahead: bool = True) -> Consumer:
    """A consumer for large messages, to be assigned by hand; it tells of the ends of partitions."""
    return make_consumer(
        settings,
        _GROUP,
        enable_partition_eof=True,
        auto_offset_reset="error",
        check_crcs=False,  # every image is verified by its sha256
        log_level=0,
        queued_min_messages=100_000 if read_ahead else 1,
        queued_max_messages_kbytes=_QUEUE_KB if read_ahead else 1_024,
        fetch_message_max_bytes=_FETCH_BYTES if read_ahead else 65_536,
        # By default a full queue stops fetching for a whole second, and then the reader waits.
        fetch_queue_backoff_ms=_BACKOFF_MS,
        # At a partition's end the broker holds a fetch back for so long, and every later read waits behind it.
        fetch_wait_max_ms=_FETCH_WAIT_MS,
    )


class FrameMessages:
    """A reader of frames topics; for one thread. Close it."""

    def __init__(self, settings: Settings, *, read_ahead: bool = True) -> None:
        """With `read_ahead` false nothing is fetched beyond the one message that is asked for."""
        self._consumer = make_frame_consumer(settings, read_ahead=read_ahead)

    def close(self) -> None:
        """Give the connections back."""
        self._consumer.close()

    def span(self, topic: str, partition: int) -> Span:
        """What a partition holds. Raises TopicMissingError, BrokerAwayError."""
        place = _place(topic, partition)
        try:
            return self._span(place)
        except TopicMissingError:
            # What this client remembers may be older than the topic: only the broker's word counts.
            self.partitions(topic)
            return self._span(place)

    def _span(self, place: TopicPartition) -> Span:
        try:
            low, high = self._consumer.get_watermark_offsets(place, timeout=ANSWER_TIMEOUT)
        except KafkaException as error:
            raise _away(place, error) from error
        return Span(int(low), int(high))

    def partitions(self, topic: str) -> list[int]:
        """The partitions of a topic. Raises TopicMissingError, BrokerAwayError."""
        try:
            found = self._consumer.list_topics(topic, timeout=ANSWER_TIMEOUT).topics.get(topic)
        except KafkaException as error:
            raise _away(TopicPartition(topic), error) from error
        if found is None or (found.error is not None and found.error.code() in _UNKNOWN):
            raise TopicMissingError(f"topic {topic} is not in Kafka: run `linewatch topics apply`")
        if found.error is not None:  # no leader yet, not allowed: it is there, and what it holds must not be given up
            raise _away(TopicPartition(topic), KafkaException(found.error))
        return sorted(found.partitions)

    def first_since(self, topic: str, partition: int, from_us: int) -> int:
        """The first offset whose time is `from_us` (Unix microseconds) or later; the end when there is none."""
        # A message's time is the capture time in whole milliseconds, rounded down.
        asked = TopicPartition(topic, partition, from_us // 1000)
        try:
            offset = int(self._consumer.offsets_for_times([asked], timeout=ANSWER_TIMEOUT)[0].offset)
        except KafkaException as error:
            raise _away(asked, error) from error
        return offset if offset >= 0 else self.span(topic, partition).high

    def one(self, topic: str, partition: int, offset: int) -> Message | None:
        """The message at an offset, None when it is not there (any more). TopicMissingError, BrokerAwayError."""
        # Asked first: of a topic that is not there, reading hears nothing for half a minute.
        span = self.span(topic, partition)
        if not span.low <= offset < span.high:
            return None
        for batch in self._read(topic, partition, offset, offset + 1):
            return batch[0] if batch[0].offset() == offset else None
        return None

    def some(self, topic: str, partition: int, offsets: Sequence[int], batch: int = BATCH) -> Iterator[list[Message]]:
        """The messages at rising `offsets`, those that are there, in order, as batches of at most so many; dense ones
        in one stream.
        """
        wanted = frozenset(offsets)
        for first, last in runs(offsets):
            for messages in self._read(topic, partition, first, last + 1, batch):
                if found := [message for message in messages if message.offset() in wanted]:
                    yield found

    def span_of(self, topic: str, partition: int, first: int, end: int) -> Iterator[Message]:
        """Every message from offset `first` up to, not including, `end`."""
        if first < end:
            yield from chain.from_iterable(self._read(topic, partition, first, end))

    def _read(self, topic: str, partition: int, first: int, end: int, batch: int = BATCH) -> Iterator[list[Message]]:
        """Messages as they come, never an empty list."""
        self._consumer.assign([_place(topic, partition, first)])
        try:
            yield from self._assigned(_Wanted(topic, partition, first, end), batch)
        finally:
            self._consumer.unassign()

    def _assigned(self, wanted: "_Wanted", batch: int) -> Iterator[list[Message]]:
        # Only records and the partition's end tell how far it is: right after an assignment, librdkafka's `position`
        # is still the one of the assignment before it.
        heard, following = time.monotonic(), wanted.first
        while following < wanted.end:
            messages = self._consumer.consume(min(batch, wanted.end - following), 0.2)
            found, following, gone = wanted.among(messages, following)
            if found:
                yield found
            if gone:
                # Retention takes the oldest while we read: what lies behind is still there. Behind the end is nothing.
                low = self.span(wanted.topic, wanted.partition).low
                if low <= following:
                    return
                following = low
                self._consumer.assign([_place(wanted.topic, wanted.partition, following)])
            heard = time.monotonic() if messages else heard
            if time.monotonic() - heard > _SILENCE_S:
                raise BrokerAwayError(
                    f"read {wanted.topic}[{wanted.partition}] up to offset {following} of {wanted.end}, then nothing "
                    f"for {_SILENCE_S:.0f} s: see `linewatch broker status`"
                )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Offsets `first` up to, not including, `end` of one partition."""

    topic: str
    partition: int
    first: int
    end: int

    def among(self, messages: list[Message], following: int) -> tuple[list[Message], int, bool]:
        """The wanted ones, the offset to go on with (`end` when the partition has no more of them), and whether that
        offset is gone from the log.

        What an earlier assignment left in the queue is not ours. Transaction markers take offsets no message has.
        """
        found: list[Message] = []
        for message in messages:
            if message.topic() is not None and (message.topic(), message.partition()) != (self.topic, self.partition):
                continue
            error = message.error()
            code = None if error is None else error.code()
            if code in _UNKNOWN:
                raise TopicMissingError(f"topic {self.topic} has no partition {self.partition} in Kafka")
            if code == KafkaError._PARTITION_EOF:
                return found, self.end, False
            if code in _GONE:
                return found, following, True
            if checked_message(message) is None or (offset := message.offset() or 0) < following:
                continue
            if offset < self.end:
                found.append(message)
            following = min(offset + 1, self.end)
        return found, following, False


def _place(topic: str, partition: int, offset: int = OFFSET_INVALID) -> TopicPartition:
    """A place in Kafka; TopicMissingError for a partition number that none can have: records may hold any."""
    if not 0 <= partition < 2**31:
        raise TopicMissingError(f"topic {topic} has no partition {partition} in Kafka")
    return TopicPartition(topic, partition, offset)


def _away(place: TopicPartition, error: KafkaException) -> BrokerAwayError:
    reason = error.args[0]
    if reason.code() in _UNKNOWN:
        return TopicMissingError(f"topic {place.topic} has no partition {place.partition} in Kafka")
    return BrokerAwayError(
        f"{place.topic}[{place.partition}] can't be read ({reason.str()}): see `linewatch broker status` and "
        "bootstrap_servers"
    )
