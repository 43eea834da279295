"""From a frame or a hash to the image that a browser gets: found, verified, rendered, cached."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from consumers.console.errors import ProblemError
from consumers.console.image_cache import ImageCache
from consumers.console.images import Rendering, ShownImage, render
from consumers.console.labeling.answers import location_of
from consumers.console.services import Services
from consumers.console.tables.inspections import InspectionRow
from consumers.console.tables.labels import LabelRow, TaskRow
from consumers.datasets.errors import ImageMissingError
from consumers.datasets.frame_images import FoundImage, FrameImages, content_type_of
from consumers.inference.errors import DecodeError
from schemas.records import FrameLocation

_FROM_KAFKA: Final = "-kafka"
"""Key suffix of an image as found in Kafka: the thumbnail, the image and its prefetch then read it there once."""


@dataclass(frozen=True, slots=True)
class Place:
    """An image: its hash, and where its frame lies, as far as anything tells."""

    sha256: str
    location: FrameLocation | None


class Images:
    """Shows images. Safe to share between threads; close it at the end."""

    def __init__(self, services: Services) -> None:
        self._frames = FrameImages(services.settings, services.blobs, services.codec)
        self._cache = ImageCache(services.settings.data_dir / "console" / "images")
        self._maximum_pixels = services.settings.image_cap_pixels

    def show(self, place: Place, rendering: Rendering) -> ShownImage:
        """The image as wanted. Raises ProblemError: 404 `image_missing`, 422 `image_corrupt`."""
        if not rendering.changes_pixels:
            return self._rendered(place, rendering)
        key = rendering.tag(place.sha256)
        kept = self._cache.get(key)
        if kept is not None:
            return ShownImage(kept, "image/jpeg")
        shown = self._rendered(place, rendering)
        self._cache.put(key, shown.data)
        return shown

    def close(self) -> None:
        """Close the connections to Kafka."""
        self._frames.close()

    def _rendered(self, place: Place, rendering: Rendering) -> ShownImage:
        found = self._found(place)
        try:
            return render(found.data, rendering, self._maximum_pixels)
        except DecodeError as error:
            detail = f"image {place.sha256} can't be shown: {error}; look at the camera that took it"
            raise ProblemError(422, "image_corrupt", detail) from error

    def _found(self, place: Place) -> FoundImage:
        key = place.sha256 + _FROM_KAFKA
        kept = self._cache.get(key)
        if kept is not None and sha256(kept).hexdigest() == place.sha256:
            return FoundImage(kept, content_type_of(kept), "kafka")
        try:
            found = self._frames.get(place.sha256, place.location)
        except ImageMissingError as error:
            raise ProblemError(404, "image_missing", f"{error}; frames age out of Kafka unless labeled") from error
        if found.source == "kafka":
            self._cache.put(key, found.data)
        return found


def place_of_frame(session: Session, camera_id: str, sequence: int) -> Place:
    """Where a frame's image is, by its inspection or its task; ProblemError 404 when neither is known."""
    row = session.get(InspectionRow, (camera_id, sequence)) or session.scalar(
        select(TaskRow).where(TaskRow.camera_id == camera_id, TaskRow.sequence == sequence).limit(1)
    )
    if row is not None:
        return Place(row.sha256, location_of(row))
    label = session.scalar(
        select(LabelRow).where(LabelRow.camera_id == camera_id, LabelRow.sequence == sequence).limit(1)
    )
    if label is None:
        detail = f"nothing is known of frame {camera_id}/{sequence}: it was never inspected, or too long ago"
        raise ProblemError(404, "frame_unknown", detail)
    return _of_label(label)


def place_of_hash(session: Session, digest: str) -> Place:
    """Where the image with this hash is; without a frame only the blob store is left to look in."""
    row: InspectionRow | TaskRow | None = session.scalar(
        select(InspectionRow).where(InspectionRow.sha256 == digest).limit(1)
    ) or session.scalar(select(TaskRow).where(TaskRow.sha256 == digest).limit(1))
    if row is not None:
        return Place(digest, location_of(row))
    label = session.scalar(select(LabelRow).where(LabelRow.sha256 == digest, LabelRow.camera_id.is_not(None)).limit(1))
    return Place(digest, None) if label is None else _of_label(label)


def _of_label(label: LabelRow) -> Place:
    return Place(label.sha256, None if label.frame is None else FrameLocation(**label.frame))
