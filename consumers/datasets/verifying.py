"""Proves a dataset: every image read again and hashed, the digest computed again, and the whole built again on
request."""

from collections.abc import Callable
from dataclasses import dataclass

from consumers.datasets.build import plan_dataset
from consumers.datasets.errors import ImageMissingError
from consumers.datasets.image_reading import Wanted, read_images
from consumers.datasets.manifest import Manifest, MissingImage, digest_of
from consumers.datasets.selection import selection_of
from infra.blobs import BlobStore
from infra.settings import Settings


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found; `rebuilt` is the digest of a build from topics, None when it was not asked for."""

    digest: str
    images: int
    missing: tuple[MissingImage, ...]
    recomputed: str
    rebuilt: str | None

    @property
    def holds(self) -> bool:
        """Whether every image is there and every digest is the manifest's."""
        return not self.missing and self.recomputed == self.digest and self.rebuilt in (None, self.digest)


def verify_dataset(
    settings: Settings,
    blobs: BlobStore,
    name: str,
    manifest: Manifest,
    *,
    from_topics: bool = False,
    on_progress: Callable[[str, int, int], None] = lambda _phase, _done, _total: None,
) -> Verified:
    """Read every image again, compute the digest again, and with `from_topics` build the same selection again.

    Raises BlobError, BrokerAwayError when blob store or Kafka do not answer.
    """
    wanted = [Wanted(image.sha256, image.location, image) for image in manifest.images]
    missing = []
    by_hash = {image.sha256: image for image in manifest.images}
    for number, (one, outcome) in enumerate(read_images(settings, blobs, wanted), start=1):
        image = by_hash[one.sha256]
        if isinstance(outcome, ImageMissingError):
            missing.append(
                MissingImage(sha256=image.sha256, edge_id=image.edge_id, frame_id=image.frame_id, reason=str(outcome))
            )
        on_progress("reading images", number, len(wanted))
    rebuilt = None
    if from_topics:
        selection = selection_of(name, manifest.header.selection, allow_missing=True)
        planned = plan_dataset(
            settings, blobs, selection, on_progress=lambda at: on_progress(at.phase, at.done, at.total)
        )
        rebuilt = planned.manifest.digest
    return Verified(manifest.digest, len(manifest.images), tuple(missing), digest_of(manifest.images), rebuilt)
