"""One run of the images part on Kafka: keeps the image of every frame whose labeling task opens."""

import logging
import threading
from collections.abc import Iterator
from typing import Final

from confluent_kafka import Message, TopicPartition

from consumers.archive.group import commit_now, lag_of, open_group, usable
from consumers.archive.keeping import ImageKeeper
from consumers.archive.letters import Letters
from consumers.archive.metrics import ArchiveMetrics
from consumers.datasets.errors import ImageMissingError
from consumers.datasets.frame_images import FrameImages
from infra.blobs import BlobStore
from infra.settings import Settings
from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.records import FrameLocation, LabelingRequest, LabelingTask
from schemas.topics import LABELING_REQUESTS, LABELING_TASKS

logger = logging.getLogger(__name__)

GROUP: Final = "linewatch.archive.images"
_TOPICS: Final = (LABELING_TASKS.name, LABELING_REQUESTS.name)
_BATCH: Final = 50  # records between two commits: what a kill makes the next one look at again
_POLL: Final = 0.5  # seconds


class ImagesPart:
    """Keeps images. Use: `run` once, from one thread."""

    def __init__(self, settings: Settings, codec: Codec, blobs: BlobStore, metrics: ArchiveMetrics) -> None:
        self._codec, self._metrics = codec, metrics
        self._letters = Letters(settings, codec, blobs, metrics)
        self._images = FrameImages(settings, blobs, codec)
        self._keeper = ImageKeeper(self._images, blobs, metrics)
        self._consumer = open_group(settings, GROUP)

    def run(self, stop: threading.Event) -> None:
        """Keep images until `stop` is set.

        Raises BlobError, BrokerAwayError, KafkaException, ArchiveError: the next run goes on at the last commit.
        """
        try:
            self._consumer.subscribe(list(_TOPICS))
            while not stop.is_set():
                self._step()
        finally:
            self._consumer.close()
            self._images.close()

    def _step(self) -> None:
        messages = usable(self._consumer.consume(_BATCH, _POLL))
        for message in messages:
            self._take(message)
        self._letters.flush()
        ends = {(message.topic(), message.partition()): (message.offset() or 0) + 1 for message in messages}
        if ends:
            commit_now(self._consumer, [TopicPartition(str(t), int(p or 0), end) for (t, p), end in ends.items()])
        for topic in _TOPICS:
            self._metrics.lag.labels(topic).set(lag_of(self._consumer, topic))

    def _take(self, message: Message) -> None:
        try:
            for location in wanted(message, self._codec):
                self._keep(message, location)
        except DecodeError as error:
            self._letters.write(message, error)

    def _keep(self, message: Message, location: FrameLocation) -> None:
        try:
            self._keeper.keep(location)
        except ImageMissingError as error:
            self._letters.write(message, error)


def wanted(message: Message, codec: Codec) -> Iterator[FrameLocation]:
    """The frames that a record of either topic wants kept; DecodeError for one that can't be read."""
    value = message.value()
    if message.topic() == LABELING_REQUESTS.name:
        yield from (frame.frame for frame in codec.decode(value, LabelingRequest).frames)
    elif value is not None:  # a deleted task wants nothing
        task = codec.decode(value, LabelingTask)
        if task.state != "closed":
            yield task.frame
