"""One run of the inspections part on Kafka: reads, has rows written, merges small files; ends whole or not at all."""

import logging
import threading
import time
from typing import Final

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from consumers.archive.archiver import Archiver, Limits
from consumers.archive.group import commit_now, lag_of, open_group, usable
from consumers.archive.letters import Letters
from consumers.archive.merging import Merger
from consumers.archive.metrics import ArchiveMetrics
from consumers.datasets.inspection_archive import day_of
from infra.blobs import BlobStore
from infra.kafka import ANSWER_TIMEOUT
from infra.settings import Settings
from schemas.codec import Codec
from schemas.errors import DecodeError, InvalidIdentifierError
from schemas.identifiers import checked_identifier
from schemas.records import Inspection
from schemas.topics import INSPECTIONS

logger = logging.getLogger(__name__)

GROUP: Final = "linewatch.archive.inspections"
_BATCH: Final = 500
_POLL: Final = 0.5  # seconds


class InspectionsPart:
    """Archives inspections. Use: `run` once, from one thread."""

    def __init__(
        self,
        settings: Settings,
        codec: Codec,
        blobs: BlobStore,
        metrics: ArchiveMetrics,
        limits: Limits,
        merger: Merger,
    ) -> None:
        self._codec, self._metrics, self._merger = codec, metrics, merger
        self._letters = Letters(settings, codec, blobs, metrics)
        self._archiver = Archiver(blobs, self._commit, metrics, limits)
        self._consumer = open_group(settings, GROUP)

    def run(self, stop: threading.Event) -> None:
        """Archive until `stop` is set, then write what is buffered.

        Raises BlobError, KafkaException, ArchiveError: nothing is lost, the next run goes on at the last commit.
        """
        try:
            self._consumer.subscribe(
                [INSPECTIONS.name], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
            )
            while not stop.is_set():
                self._step()
            self._archiver.flush_all()
        finally:
            self._archiver.revoke(self._archiver.partitions)
            self._consumer.close()

    def _step(self) -> None:
        for message in usable(self._consumer.consume(_BATCH, _POLL)):
            self._take(message)
        for one in self._consumer.position(self._consumer.assignment()):
            if one.offset >= 0:
                self._archiver.reached(one.partition, one.offset)
        self._metrics.lag.labels(INSPECTIONS.name).set(lag_of(self._consumer, INSPECTIONS.name))
        if (partition := self._archiver.due()) is not None:
            self._archiver.flush(partition)
        else:
            self._merger.step(self._archiver.touched, self._archiver.partitions, time.time())

    def _take(self, message: Message) -> None:
        inspection = None
        try:
            inspection = archivable(message.value(), self._codec)
        except (DecodeError, InvalidIdentifierError) as error:
            self._letters.write(message, error)
            self._letters.flush()  # before a commit may pass it
        self._archiver.take(message.partition() or 0, message.offset() or 0, inspection)

    def _commit(self, partition: int, offset: int, metadata: str) -> None:
        commit_now(self._consumer, [TopicPartition(INSPECTIONS.name, partition, offset, metadata)])

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        starts = []
        for one in consumer.committed(partitions, timeout=ANSWER_TIMEOUT):
            if one.error is not None:
                raise KafkaException(one.error)
            low, high = consumer.get_watermark_offsets(one, timeout=ANSWER_TIMEOUT)
            committed = one.offset if one.offset >= 0 else None
            start = self._archiver.assign(one.partition, committed, one.metadata, int(low), int(high))
            starts.append(TopicPartition(one.topic, one.partition, start))
        consumer.incremental_assign(starts)
        for one in starts:
            self._archiver.reached(one.partition, one.offset)
        self._merger.look_again()
        logger.info("inspections of partitions %s are archived here", [one.partition for one in starts])

    def _on_revoke(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._archiver.revoke([one.partition for one in partitions])
        logger.info("inspections of partitions %s go to another process", [one.partition for one in partitions])


def archivable(data: bytes | None, codec: Codec) -> Inspection:
    """The inspection in a record; DecodeError or InvalidIdentifierError for one that no edge and day can hold."""
    inspection = codec.decode(data, Inspection)
    checked_identifier(inspection.edge_id, "edge")
    try:
        day_of(inspection.captured_at_us)
    except OverflowError as error:
        raise DecodeError(
            f"frame {inspection.frame_id} was captured at {inspection.captured_at_us} us: no day"
        ) from error
    return inspection
