"""Builds datasets: reads labels and frames, reads and checks every image, places it, writes manifest and record."""

import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Final, Literal

from consumers.datasets.candidates import Candidate, agreement, candidates, dataset_label
from consumers.datasets.errors import CancelledError, ImageMissingError, ImagesMissingError, SelectionError
from consumers.datasets.frame_images import FoundImage
from consumers.datasets.image_reading import THREADS, Outcome, Wanted, ahead, read_images
from consumers.datasets.looks import VERSION, Look, look_at
from consumers.datasets.manifest import DatasetImage, LeftOut, Manifest, MissingImage, make_manifest, manifest_bytes
from consumers.datasets.publishing import publish
from consumers.datasets.selection import Selection
from consumers.datasets.splits import Placeable, Placement, place_all
from consumers.datasets.topic_reading import TopicReading, Unreadable
from infra.blobs import BlobStore
from infra.schema_topic import make_codec
from infra.settings import Settings
from schemas.codec import Codec
from schemas.records import AuditEvent, Dataset

Phase = Literal["labels", "frames", "images", "keeping", "writing"]
PHASES: Final[dict[Phase, str]] = {
    "labels": "reading labels",
    "frames": "looking for frames",
    "images": "reading images",
    "keeping": "keeping images",
    "writing": "writing the manifest",
}


@dataclass(frozen=True, slots=True)
class BuildProgress:
    """How far a build is: `done` of `total` records or images of a phase."""

    phase: Phase
    done: int
    total: int


OnProgress = Callable[[BuildProgress], None]


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What reading an image told of it."""

    size: int
    content_type: str
    look: Look
    in_blobs: bool


@dataclass(frozen=True, slots=True)
class PlannedDataset:
    """A dataset that is not written yet: its manifest, what is missing of it, and records nobody could read."""

    selection: Selection
    manifest: Manifest
    unreadable: tuple[Unreadable, ...]
    to_keep: tuple[Wanted, ...]  # images that lie in Kafka alone

    @property
    def missing(self) -> tuple[MissingImage, ...]:
        """What was asked for and is nowhere to be had."""
        return self.manifest.missing


@dataclass(frozen=True, slots=True)
class BuiltDataset:
    """A dataset in Kafka and blob store."""

    record: Dataset
    manifest: Manifest
    unreadable: tuple[Unreadable, ...]


def build_dataset(
    settings: Settings,
    blobs: BlobStore,
    selection: Selection,
    *,
    built_by: str,
    role: str = "cli",
    on_progress: OnProgress = lambda _: None,
    stop: Event | None = None,
) -> BuiltDataset:
    """Build a dataset: manifest into the blob store, record to `datasets`, audit event to `audit`.

    Raises:
        ImagesMissingError: images are missing and the selection does not allow it; nothing was written.
        SelectionError: nothing was selected, or the selection contradicts itself.
        CancelledError: `stop` was set.
        BlobError, BrokerAwayError, PublishError: the blob store or Kafka does not answer.
    """
    codec = make_codec(settings)
    planned = plan_dataset(settings, blobs, selection, codec=codec, on_progress=on_progress, stop=stop)
    if planned.missing and not planned.selection.allow_missing:
        raise missing_images(planned.missing)
    if planned.selection.keep_images:
        _keep(settings, blobs, planned, codec, on_progress, stop)
    on_progress(BuildProgress("writing", 0, 1))
    record = dataset_record(planned, blobs, built_by, time.time_ns() // 1000)
    publish(settings, codec, (record, _audit(record, role)), f"/{role}")
    on_progress(BuildProgress("writing", 1, 1))
    return BuiltDataset(record, planned.manifest, planned.unreadable)


def plan_dataset(
    settings: Settings,
    blobs: BlobStore,
    selection: Selection,
    *,
    codec: Codec | None = None,
    on_progress: OnProgress = lambda _: None,
    stop: Event | None = None,
) -> PlannedDataset:
    """Everything a build does but writing. Raises as `build_dataset`, but for what is missing: that is in the
    result.
    """
    selection = selection.checked(time.time_ns() // 1000)
    codec = codec or make_codec(settings)
    found, unreadable = _gather(settings, codec, selection, on_progress, stop)
    if not any(one.selected for one in found):
        raise SelectionError(_nothing(selection, found))
    facts, reasons = _look_at_all(settings, blobs, codec, found, on_progress, stop)
    manifest = assemble(selection, found, facts, reasons)
    kept = {image.sha256 for image in manifest.images}
    to_keep = tuple(
        Wanted(one.sha256, one.location) for one in found if one.sha256 in kept and not facts[one.sha256].in_blobs
    )
    return PlannedDataset(selection, manifest, unreadable, to_keep)


def assemble(
    selection: Selection, found: list[Candidate], facts: Mapping[str, ImageFacts], reasons: Mapping[str, str]
) -> Manifest:
    """Place every image and put the manifest together. Pure."""
    looks = {sha256: fact.look.bits for sha256, fact in facts.items()}
    places = place_all(Placeable(one.sha256, one.group, looks.get(one.sha256)) for one in found)
    images, missing, left_out = [], [], []
    for one in found:
        place = places[one.sha256]
        if one.refused is not None:
            left_out.append(_left_out(one, one.refused))
        elif one.selected and one.sha256 not in facts:
            missing.append(_missing(one, reasons[one.sha256]))
        elif one.selected and place.split is None:
            left_out.append(_left_out(one, f"straddles splits: {place.reason}"))
        elif one.selected:
            images.append(_image(one, facts[one.sha256], place))
    selected = {image.sha256 for image in images}
    pairs = agreement(one.current for one in found if one.current is not None and one.sha256 in selected)
    return make_manifest(images, missing, left_out, selection=selection.words(), agreement=pairs, look_version=VERSION)


def dataset_record(planned: PlannedDataset, blobs: BlobStore, built_by: str, built_at_us: int) -> Dataset:
    """Write the manifest's file; returns the record that tells of it."""
    header = planned.manifest.header
    return Dataset(
        name=planned.selection.name,
        digest=header.digest,
        manifest=blobs.put(manifest_bytes(planned.manifest)),
        built_at_us=built_at_us,
        built_by=built_by,
        edge_ids=list(planned.selection.edge_ids),
        frames=header.images,
        missing=header.missing,
        size=header.size,
        classes=header.classes,
        splits=header.splits,
        selection=header.selection,
    )


def missing_images(missing: Iterable[MissingImage]) -> ImagesMissingError:
    """The error of a build that stops because images are missing."""
    lines = tuple(str(one) for one in missing)
    return ImagesMissingError(
        f"{len(lines)} images are missing, and nothing was written. Bring them back (blob_url, retention of the frames "
        "topic), or build without them: --allow-missing",
        lines,
    )


def _gather(
    settings: Settings, codec: Codec, selection: Selection, on_progress: OnProgress, stop: Event | None
) -> tuple[list[Candidate], tuple[Unreadable, ...]]:
    until = selection.labels_until_us or 0
    reading = TopicReading(settings, codec, stop)
    try:
        labels = reading.labels(
            selection.edge_ids, until, lambda done, total: on_progress(BuildProgress("labels", done, total))
        )
        frames = {}
        for edge in selection.edge_ids if selection.label_filter == "any" else ():
            listed = reading.frames(
                edge,
                selection.from_us,
                selection.to_us,
                lambda done, total: on_progress(BuildProgress("frames", done, total)),
            )
            frames[edge] = list(listed.values())
    finally:
        reading.close()
    return candidates(selection, labels, frames), tuple(reading.unreadable)


def _look_at_all(
    settings: Settings,
    blobs: BlobStore,
    codec: Codec,
    found: list[Candidate],
    on_progress: OnProgress,
    stop: Event | None,
) -> tuple[dict[str, ImageFacts], dict[str, str]]:
    """The facts of every image that can be had, and why the others can't. Also images that are not selected are looked
    at: their places decide those of their near-twins.
    """
    facts: dict[str, ImageFacts] = {}
    reasons: dict[str, str] = {}
    wanted = [Wanted(one.sha256, one.location) for one in found]

    def looked(read: tuple[Wanted, Outcome]) -> tuple[str, ImageFacts | str]:
        one, outcome = read
        if isinstance(outcome, ImageMissingError):
            return one.sha256, str(outcome)
        return one.sha256, _facts(outcome, settings.image_cap_pixels, blobs, one.sha256)

    with ThreadPoolExecutor(THREADS, "datasets-looks") as pool:
        seen = ahead(pool, looked, read_images(settings, blobs, wanted, codec))
        for number, (sha256, told) in enumerate(seen, start=1):
            if stop is not None and stop.is_set():
                raise CancelledError("stopped while images were read; nothing was written")
            if isinstance(told, str):
                reasons[sha256] = told
            else:
                facts[sha256] = told
            on_progress(BuildProgress("images", number, len(wanted)))
    return facts, reasons


def _facts(found: FoundImage, maximum_pixels: int, blobs: BlobStore, sha256: str) -> ImageFacts:
    in_blobs = found.source == "blob" or blobs.has(sha256)
    return ImageFacts(len(found.data), found.content_type, look_at(found.data, maximum_pixels), in_blobs)


def _keep(
    settings: Settings,
    blobs: BlobStore,
    planned: PlannedDataset,
    codec: Codec,
    on_progress: OnProgress,
    stop: Event | None,
) -> None:
    for number, (one, outcome) in enumerate(read_images(settings, blobs, planned.to_keep, codec), start=1):
        if stop is not None and stop.is_set():
            raise CancelledError("stopped while images were put into the blob store; no dataset was written")
        if isinstance(outcome, ImageMissingError):
            raise ImagesMissingError(
                f"an image vanished from Kafka while the dataset was built: {outcome}; build again", (one.sha256,)
            )
        blobs.put(outcome.data)
        on_progress(BuildProgress("keeping", number, len(planned.to_keep)))


def _image(one: Candidate, facts: ImageFacts, place: Placement) -> DatasetImage:
    if place.split is None:
        raise ValueError(f"{one.sha256} has no split")
    return DatasetImage(
        sha256=one.sha256,
        split=place.split,
        edge_id=one.edge_id,
        captured_at_us=one.captured_at_us,
        size=facts.size,
        content_type=facts.content_type,
        width=facts.look.width,
        height=facts.look.height,
        label=None if one.current is None else dataset_label(one.current),
        frame_id=one.frame_id,
        part_id=one.part_id,
        product=one.product,
        look=facts.look.bits,
        twin_of=place.twin_of,
        location=one.location,
    )


def _left_out(one: Candidate, reason: str) -> LeftOut:
    return LeftOut(sha256=one.sha256, edge_id=one.edge_id, frame_id=one.frame_id, reason=reason)


def _missing(one: Candidate, reason: str) -> MissingImage:
    return MissingImage(sha256=one.sha256, edge_id=one.edge_id, frame_id=one.frame_id, reason=reason)


def _nothing(selection: Selection, found: list[Candidate]) -> str:
    edges = ", ".join(selection.edge_ids)
    if not found:
        return f"edges {edges} have no label at all (and --label-filter any was not given, or there is no frame either)"
    imported = sum(one.location is None for one in found)
    hint = f"; {imported} of them are imported: --include-imported takes them" if imported else ""
    refused = next((one.refused for one in found if one.refused), None)
    why = f"; {refused}" if refused else ""
    return f"none of {len(found)} labeled images of {edges} fits what was asked for ({selection.words()}){hint}{why}"


def _audit(record: Dataset, role: str) -> AuditEvent:
    return AuditEvent(
        audit_id=str(uuid.uuid4()),
        at_us=record.built_at_us,
        actor=record.built_by,
        role=role,
        action="dataset.build",
        subject=record.key,
        after=f'{{"frames": {record.frames}, "missing": {record.missing}}}',
    )
