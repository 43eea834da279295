"""Dead letters of the archive, acknowledged before anything is committed."""

import logging
import time
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message

from consumers.archive.errors import ArchiveError
from consumers.archive.metrics import ArchiveMetrics
from infra.blobs import BlobStore
from infra.dead_letters import dead_message
from infra.kafka import make_producer
from infra.settings import Settings
from schemas.codec import Codec
from schemas.headers import event_headers
from schemas.topics import DEAD_LETTERS

logger = logging.getLogger(__name__)

READER: Final = "archive"
_FLUSH: Final = 30.0  # seconds


class Letters:
    """Writes dead letters; `flush` before a commit."""

    def __init__(self, settings: Settings, codec: Codec, blobs: BlobStore, metrics: ArchiveMetrics) -> None:
        self._codec, self._blobs, self._metrics = codec, blobs, metrics
        self._producer = make_producer(settings)
        self._failed: list[str] = []

    def write(self, message: Message, error: Exception) -> None:
        """Put a message aside with the reason. Raises BlobError when it is large and the store does not answer."""
        logger.warning("dead letter: %s[%s]@%s: %s", message.topic(), message.partition(), message.offset(), error)
        letter = dead_message(READER, error, message, at_us=time.time_ns() // 1000, blobs=self._blobs)
        headers = event_headers(letter, event_id=letter.event_id, source="/archive")
        self._metrics.dead_letters.inc()
        try:
            self._producer.produce(
                DEAD_LETTERS.name, value=self._codec.encode(letter), headers=headers, on_delivery=self._told
            )
        except (KafkaException, BufferError) as trouble:
            raise ArchiveError(f"a dead letter can't be sent: {trouble}") from trouble

    def flush(self) -> None:
        """Return once Kafka has every letter; ArchiveError when it does not take one."""
        left = self._producer.flush(_FLUSH)
        failed, self._failed = self._failed, []
        if left or failed:
            raise ArchiveError(f"dead letters were not acknowledged: {failed or f'{left} in {_FLUSH:.0f} s'}")

    def _told(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._failed.append(error.str())
