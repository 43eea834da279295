from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from consumers.archive.keeping import ImageKeeper
from consumers.archive.metrics import ArchiveMetrics
from consumers.datasets.errors import ImageMissingError
from consumers.datasets.frame_images import FoundImage
from infra.blobs import BlobStore
from schemas.records import ClaimCheck, FrameLocation


class Images:
    """Frame images as Kafka would have them."""

    def __init__(self, blobs: BlobStore, kafka: dict[str, bytes]) -> None:
        self.blobs, self.kafka, self.asked = blobs, kafka, 0

    def get(self, digest: str, _location: FrameLocation | None = None) -> FoundImage:
        """The store first, else Kafka."""
        self.asked += 1
        check = ClaimCheck(reference=f"sha256:{digest}", sha256=digest, size=0)
        if self.blobs.has(digest):
            data = b"".join(self.blobs.open_range(check, 0))
            if sha256(data).hexdigest() == digest:
                return FoundImage(data, "image/png", "blob")
        if digest in self.kafka:
            return FoundImage(self.kafka[digest], "image/png", "kafka")
        raise ImageMissingError(f"image {digest} is missing")


def place(data: bytes) -> FrameLocation:
    """Where an image lies."""
    return FrameLocation(topic="frames.e", partition=0, offset=1, sha256=sha256(data).hexdigest())


@pytest.fixture
def parts(tmp_path: Path) -> Any:
    """A keeper, its store, its images, its metrics."""
    store = BlobStore(str(tmp_path))
    images = Images(store, {sha256(b"frame").hexdigest(): b"frame"})
    metrics = ArchiveMetrics.build(CollectorRegistry())
    return ImageKeeper(images, store, metrics), store, images, metrics  # type: ignore[arg-type]


def test_an_image_is_copied_from_kafka_once(parts: Any) -> None:
    keeper, store, images, metrics = parts
    keeper.keep(place(b"frame"))
    keeper.keep(place(b"frame"))
    assert store.has(sha256(b"frame").hexdigest())
    assert images.asked == 1
    assert metrics.images.labels("stored")._value.get() == 1
    assert metrics.images.labels("kept")._value.get() == 1
    assert metrics.image_bytes._value.get() == 5


def test_a_damaged_blob_is_replaced_while_kafka_has_the_frame(parts: Any, tmp_path: Path) -> None:
    keeper, store, _, _ = parts
    check = store.put(b"frame")
    next(path for path in tmp_path.rglob("*") if path.is_file()).write_bytes(b"wrong")
    keeper.keep(place(b"frame"))
    assert store.get(check) == b"frame"


def test_an_image_that_is_gone_is_counted_and_said(parts: Any) -> None:
    keeper, _, _, metrics = parts
    with pytest.raises(ImageMissingError):
        keeper.keep(place(b"expired"))
    assert metrics.images.labels("missing")._value.get() == 1
