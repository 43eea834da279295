"""Keeps one image: verified, durable, by its content's hash."""

from collections import OrderedDict
from typing import Final

from consumers.archive.metrics import ArchiveMetrics
from consumers.datasets.errors import ImageMissingError
from consumers.datasets.frame_images import FrameImages
from infra.blobs import BlobStore
from schemas.records import FrameLocation

_REMEMBERED: Final = 10_000  # tasks are reopened and asked twice: their image needs no second look


class ImageKeeper:
    """Copies images from Kafka into the blob store. For one thread."""

    def __init__(self, images: FrameImages, blobs: BlobStore, metrics: ArchiveMetrics) -> None:
        self._images, self._blobs, self._metrics = images, blobs, metrics
        self._kept: OrderedDict[str, None] = OrderedDict()

    def keep(self, location: FrameLocation) -> None:
        """Return once the image is in the blob store, whole.

        Raises:
            ImageMissingError: neither Kafka nor the store has it (any more); the message says where it was looked for.
            BlobError, BrokerAwayError: one of them does not answer; nothing is known.
        """
        if location.sha256 in self._kept:
            self._metrics.images.labels("kept").inc()
            return
        try:
            found = self._images.get(location.sha256, location)
        except ImageMissingError:
            self._metrics.images.labels("missing").inc()
            raise
        # Not found in the store means missing or damaged there.
        fresh = found.source == "kafka"
        self._blobs.put(found.data, anew=fresh)
        self._metrics.images.labels("stored" if fresh else "kept").inc()
        self._metrics.image_bytes.inc(len(found.data) if fresh else 0)
        self._remember(location.sha256)

    def _remember(self, sha256: str) -> None:
        self._kept[sha256] = None
        if len(self._kept) > _REMEMBERED:
            self._kept.popitem(last=False)
