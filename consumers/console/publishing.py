"""Records to Kafka, acknowledged before anybody is told that something was done.

    services.publisher.send(LABELS, label, key=label.edge_id)        # returns once every in-sync replica has it

A record that is not acknowledged in `ACKNOWLEDGED_S` raises NotPublishedError, which clients see as 503 `broker_away`;
librdkafka gives it up at the same moment, so a retry with the same ids is always right.
"""

import threading
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from consumers.console.errors import NotPublishedError
from infra.kafka import make_producer
from infra.settings import Settings
from schemas.codec import Codec
from schemas.headers import event_headers
from schemas.records import Record
from schemas.topics import Topic

ACKNOWLEDGED_S: Final = 5.0
_SOURCE: Final = "/console"
_BY_KEY: Final = -1  # RD_KAFKA_PARTITION_UA: the partitioner chooses


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One record to send. `partition` None leaves it to the key."""

    topic: Topic
    record: Record
    event_id: str
    key: str | None
    partition: int | None = None
    traceparent: str | None = None


class Publisher:
    """One idempotent producer for the whole process. Safe to share between threads; `close` it at the end."""

    def __init__(self, settings: Settings, codec: Codec, *, acknowledged_s: float = ACKNOWLEDGED_S) -> None:
        self._codec, self._acknowledged_s = codec, acknowledged_s
        self._producer: Producer = make_producer(
            settings, delivery_timeout_ms=round(acknowledged_s * 1000), linger_ms=2, log_level=0
        )
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="console-publisher", daemon=True)
        self._thread.start()

    def send(
        self, topic: Topic, record: Record, *, event_id: str, key: str | None, partition: int | None = None
    ) -> None:
        """Send one record and wait for its acknowledgement; NotPublishedError when there is none in time."""
        self.send_all([Outgoing(topic=topic, record=record, event_id=event_id, key=key, partition=partition)])

    def send_all(self, outgoing: Iterable[Outgoing]) -> None:
        """Send records and wait for all of them; NotPublishedError when any is not acknowledged in time."""
        waits = [self._produce(one) for one in outgoing]
        for wait in waits:
            try:
                # The producer gives up by itself; the second is for its answer to get here.
                error = wait.result(self._acknowledged_s + 1.0)
            except TimeoutError:
                error = "no answer in time"
            if error is not None:
                raise NotPublishedError(
                    f"Kafka did not acknowledge it ({error}): nothing was changed, try again; `linewatch broker status`"
                )

    def close(self) -> None:
        """Wait for what is on its way and stop."""
        self._producer.flush(self._acknowledged_s + 1.0)
        self._stopped.set()
        self._thread.join()

    def _produce(self, one: Outgoing) -> "Future[str | None]":
        done: Future[str | None] = Future()

        def delivered(error: KafkaError | None, _message: Message) -> None:
            done.set_result(None if error is None else error.str())

        try:
            self._producer.produce(
                one.topic.name,
                key=one.key,
                partition=_BY_KEY if one.partition is None else one.partition,
                value=self._codec.encode(one.record),
                headers=event_headers(one.record, event_id=one.event_id, source=_SOURCE, traceparent=one.traceparent),
                on_delivery=delivered,
            )
        except (KafkaException, BufferError) as error:
            done.set_result(str(error))
        return done

    def _poll(self) -> None:
        while not self._stopped.is_set():
            self._producer.poll(0.2)
