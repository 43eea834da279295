"""Reading the projected topics from where the database stands: no group, no committed offsets."""

from collections.abc import Mapping, Sequence
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, OFFSET_INVALID, Consumer, KafkaError, Message, TopicPartition

from consumers.console.projection.rows import TOPICS
from infra.kafka import ANSWER_TIMEOUT, BrokerAwayError, TopicMissingError, checked_message, make_consumer
from infra.settings import Settings
from schemas.topics import Topic

Place = tuple[str, int]
_GROUP: Final = "linewatch.console"  # librdkafka wants one; nothing is ever committed to it
_WAIT_S: Final = 0.25


class TopicReader:
    """A consumer assigned to every partition of the topics, for one thread; `close` it at the end."""

    def __init__(self, settings: Settings, positions: Mapping[Place, int], topics: Sequence[Topic] = TOPICS) -> None:
        """`positions`: the next offset of each partition; one that is not there is read from its beginning.

        Raises:
            TopicMissingError: a topic is not there.
            BrokerAwayError: no broker answers.
        """
        self._places = [(topic.name, number) for topic in topics for number in range(topic.partitions)]
        self._positions, self._read_to_end = positions, set[Place]()
        # 16 MB are read ahead: a factory server has better uses for its memory than librdkafka's default.
        self._consumer: Consumer = make_consumer(
            settings,
            _GROUP,
            queued_max_messages_kbytes=16_384,
            fetch_wait_max_ms=100,
            enable_partition_eof=True,
            log_level=0,
        )
        try:
            self._check([topic.name for topic in topics])
        except BaseException:
            self._consumer.close()
            raise
        self._consumer.assign(
            [TopicPartition(*place, positions.get(place, OFFSET_BEGINNING)) for place in self._places]
        )

    def take(self, most: int) -> list[Message]:
        """What came, at most so many messages, each without an error; empty after a quarter of a second.

        Raises:
            KafkaException: something that does not mend itself, such as a topic that was deleted.
        """
        messages = self._consumer.consume(most, _WAIT_S)
        for message in messages:
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                self._read_to_end.add((message.topic() or "", message.partition() or 0))
        return [message for message in messages if checked_message(message) is not None]

    def began_behind(self, topics: Sequence[Topic]) -> bool:
        """Whether anything lies in these topics behind the positions that the reader was given.

        Raises:
            BrokerAwayError: no broker answers.
        """
        return any(self._end(place) > self._positions.get(place, 0) for place in self._of(topics))

    def has_read_to_end(self, topics: Sequence[Topic]) -> bool:
        """Whether every partition of these topics was taken to its end, as it was at some moment since the start.

        The end is told by the consumer: positions never reach it where a transaction's marker comes last.
        """
        return self._read_to_end.issuperset(self._of(topics))

    def check(self) -> None:
        """BrokerAwayError when no broker answers: a consumer that hears nothing does not know why."""
        self._end(self._places[-1])

    def lag(self) -> dict[str, int]:
        """Messages still to take, by topic, as far as the brokers said."""
        places = [TopicPartition(*place) for place in self._places]
        behind: dict[str, int] = {}
        for position in self._consumer.position(places):
            _, high = self._consumer.get_watermark_offsets(position, cached=True)
            known = position.offset is not None and position.offset >= 0 and high not in (None, OFFSET_INVALID)
            behind[position.topic] = behind.get(position.topic, 0) + (max(0, high - position.offset) if known else 0)
        return behind

    def close(self) -> None:
        """Leave."""
        self._consumer.close()

    def _of(self, topics: Sequence[Topic]) -> list[Place]:
        names = {topic.name for topic in topics}
        return [place for place in self._places if place[0] in names]

    def _end(self, place: Place) -> int:
        """The offset behind a partition's last message; 0 when none was ever written."""
        try:
            low, high = self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=ANSWER_TIMEOUT)
        except Exception as error:
            raise BrokerAwayError(f"no broker answers ({error}): see `linewatch broker status`") from error
        return high if high > low else 0

    def _check(self, topics: Sequence[str]) -> None:
        try:
            there = self._consumer.list_topics(timeout=ANSWER_TIMEOUT).topics
        except Exception as error:
            raise BrokerAwayError(
                f"no broker answers ({error}): see `linewatch broker status` and bootstrap_servers"
            ) from error
        missing = [topic for topic in topics if topic not in there]
        if missing:
            raise TopicMissingError(f"topics {', '.join(missing)} are not there: run `linewatch topics apply`")
