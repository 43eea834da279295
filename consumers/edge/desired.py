"""Reads what an edge is told to run: its own topic, from the beginning, without a group."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from infra.kafka import make_consumer
from infra.settings import Settings
from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.records import DesiredState
from schemas.topics import DESIRED

logger = logging.getLogger(__name__)

_POLL: Final = 0.5
_AGAIN_AFTER: Final = 2.0


class DesiredReader:
    """A thread that hands on every desired state of one edge, old ones first; a broker that is away is waited for."""

    def __init__(
        self,
        settings: Settings,
        codec: Codec,
        edge_id: str,
        on_state: Callable[[DesiredState], None],
        on_unreadable: Callable[[Message, DecodeError], None],
    ) -> None:
        self._settings, self._codec = settings, codec
        self._topic = DESIRED.of(edge_id)
        self._on_state, self._on_unreadable = on_state, on_unreadable
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="edge-desired", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        offset = 0
        while not self._stopping.is_set():
            consumer = make_consumer(self._settings, "linewatch.reader", fetch_wait_max_ms=500)
            try:
                consumer.assign([TopicPartition(self._topic, 0, offset)])
                offset = self._read(consumer, offset)
            except Exception:
                # Whatever it was, an edge that no longer hears of new models is worse than one that tries again.
                logger.exception("reading %s failed, trying again", self._topic)
                self._stopping.wait(_AGAIN_AFTER)
            finally:
                consumer.close()

    def _read(self, consumer: Consumer, offset: int) -> int:
        while not self._stopping.is_set():
            message = consumer.poll(_POLL)
            if message is None:
                continue
            if (error := message.error()) is not None:
                self._consider(error)
                continue
            offset = (message.offset() or 0) + 1
            self._hand_on(message)
        return offset

    def _consider(self, error: KafkaError) -> None:
        if error.code() in {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN}:
            return
        if error.code() in {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC}:
            logger.info("%s is not there yet; `linewatch topics apply` makes it", self._topic)
            self._stopping.wait(_AGAIN_AFTER)
            return
        raise KafkaException(error)

    def _hand_on(self, message: Message) -> None:
        data = message.value()
        if data is None:
            # Deleting a record takes no signature, so it must not take a model away.
            logger.info("%s: the record of slot %r was deleted; what runs goes on", self._topic, message.key())
            return
        try:
            state = self._codec.decode(data, DesiredState)
        except DecodeError as error:
            self._on_unreadable(message, error)
        else:
            self._on_state(state)
