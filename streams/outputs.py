"""Sending a step's outputs, and knowing that Kafka has them before the state is written."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from infra.kafka import make_producer
from infra.settings import Settings
from schemas.codec import Codec
from schemas.headers import HeaderPairs, event_headers
from schemas.records import Alarm, DeadLetter, EdgeStatistics, LabelingTask

_LOG: Final = logging.getLogger(__name__)
# Between two tries while the broker is away, seconds; the watchdog ends a process that tries in vain for too long.
_PAUSE: Final = 1.0
_FLUSH: Final = 10.0

Sendable = EdgeStatistics | LabelingTask | Alarm | DeadLetter
# librdkafka's word for "where the key belongs".
_BY_KEY: Final = -1


class Output(NamedTuple):
    """One record on its way; to `partition`, or to that of its key."""

    topic: str
    key: str
    record: Sendable
    partition: int = _BY_KEY


class OutputSender:
    """Delivers outputs in order, at least once; built on one idempotent producer."""

    def __init__(self, settings: Settings, codec: Codec, source: str) -> None:
        self._settings = settings
        self._codec = codec
        self._source = source
        self._producer: Producer | None = None

    async def deliver(self, outputs: Sequence[Output]) -> None:
        """Return once Kafka has acknowledged every one of them; tries for as long as it takes."""
        pending = [(output, self._codec.encode(output.record), self._headers(output.record)) for output in outputs]
        while pending:
            failed = await asyncio.get_running_loop().run_in_executor(None, self._try, pending)
            if failed:
                # From the first failure on all are sent again, in order: a later number must not be overwritten.
                _LOG.warning("%d of %d outputs undelivered, trying again", len(pending) - failed[0], len(pending))
                pending = pending[failed[0] :]
                await asyncio.sleep(_PAUSE)
            else:
                pending = []

    def _headers(self, record: Sendable) -> HeaderPairs:
        return event_headers(record, event_id=record.event_id, source=self._source)

    def _try(self, pending: list[tuple[Output, bytes, HeaderPairs]]) -> list[int]:
        """Send all once; the rising indices of those not acknowledged."""
        waiting = set(range(len(pending)))

        def delivered(index: int, error: KafkaError | None, message: Message) -> None:
            if error is None:
                waiting.discard(index)
            else:
                _LOG.error("%s did not take a record: %s", message.topic(), error.str())

        try:
            producer = self._usable_producer()
            for index, (output, value, headers) in enumerate(pending):
                producer.produce(
                    output.topic,
                    key=output.key,
                    value=value,
                    headers=headers,
                    partition=output.partition,
                    on_delivery=partial(delivered, index),
                )
                if index % 10_000 == 9_999:
                    producer.poll(0)
            producer.flush(_FLUSH)
        except (KafkaException, BufferError) as error:
            _LOG.error("outputs could not be sent: %s", error)
        if waiting and self._producer is not None:
            # What is still queued must not arrive behind its own repetition.
            self._producer.purge()
            self._producer.flush(_FLUSH)
            self._producer = None
        return sorted(waiting)

    def _usable_producer(self) -> Producer:
        if self._producer is None:
            self._producer = make_producer(self._settings, linger_ms=0)
        return self._producer
