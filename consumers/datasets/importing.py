"""Takes labels out of files into the `labels` topic: once each, whatever happens in between."""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from consumers.datasets.formats.annotated import AnnotatedImage, BadRow
from consumers.datasets.manifest import canonical_boxes
from consumers.datasets.publishing import publish
from consumers.datasets.topic_reading import TopicReading
from infra.blobs import BlobStore
from infra.settings import Settings
from producers.errors import HeaderError
from producers.sources.headers import read_header
from schemas.codec import Codec
from schemas.records import AuditEvent, FrameLocation, Label

_FOR_EVER_US = 2**62
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: labels `added`, rows `known` already, of both those `attached` to a frame, and bad rows."""

    added: int
    known: int
    attached: int
    bad: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True)
class KnownFrame:
    """Which frame an image is."""

    camera_id: str
    sequence: int
    captured_at_us: int
    location: FrameLocation | None
    part_id: str | None
    product: str | None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A row whose image was found and fits; `path` is None when the image is a frame that is known already."""

    row: AnnotatedImage
    sha256: str
    path: Path | None


def import_labels(
    settings: Settings,
    blobs: BlobStore,
    codec: Codec,
    rows: Iterable[AnnotatedImage | BadRow],
    *,
    edge_id: str,
    labeler: str,
    roots: tuple[Path, ...],
    now_us: int,
    on_progress: OnProgress = lambda _phase, _done, _total: None,
) -> Imported:
    """Publish a label for each good row whose contents were never imported for this edge; list the bad ones.

    Images are looked for below `roots`, put into the blob store before their label is published. An image that is a
    frame of the edge already gets that frame's identity. Raises BlobError, BrokerAwayError, PublishError; running it
    again goes on.
    """
    reading = TopicReading(settings, codec)
    try:
        labels = reading.labels(
            [edge_id], _FOR_EVER_US, lambda done, total: on_progress("reading labels", done, total)
        )[edge_id]
        frames = _known_frames(labels)
        for frame in reading.inspected(edge_id, 0, lambda done, total: on_progress("reading inspections", done, total)):
            known = KnownFrame(
                frame.camera_id,
                frame.sequence,
                frame.captured_at_us,
                frame.location,
                frame.part_id,
                frame.product,
            )
            frames.setdefault(frame.sha256, known)
    finally:
        reading.close()
    ready, bad = _ready_rows(list(rows), roots, frames, on_progress)
    seen = {label.label_id for label in labels}
    fresh: dict[str, Label] = {}
    for number, one in enumerate(ready, start=1):
        label = label_of(one.row, one.sha256, edge_id, labeler, now_us, frames.get(one.sha256))
        if label.label_id not in seen and label.label_id not in fresh:
            if one.path is not None:
                blobs.put(one.path.read_bytes())
            fresh[label.label_id] = label
        on_progress("storing images", number, len(ready))
    if fresh:
        publish(settings, codec, (*fresh.values(), _audit(edge_id, labeler, len(fresh), now_us)), "/cli")
    attached = sum(one.sha256 in frames for one in ready)
    return Imported(len(fresh), len(ready) - len(fresh), attached, tuple(bad))


def label_of(
    row: AnnotatedImage, sha256: str, edge_id: str, labeler: str, now_us: int, frame: KnownFrame | None
) -> Label:
    """The label of a row. Its id derives from edge, image and contents alone, so importing twice adds nothing. Pure."""
    boxes = canonical_boxes(row.boxes)
    said = [row.label, row.width, row.height, [[box.label, box.x, box.y, box.w, box.h] for box in boxes]]
    contents = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
    captured = now_us if row.captured_at_us is None else row.captured_at_us
    return Label(
        label_id=f"imported/{edge_id}/{sha256}/{contents}",
        edge_id=edge_id,
        sha256=sha256,
        camera_id=frame.camera_id if frame else None,
        sequence=frame.sequence if frame else None,
        captured_at_us=frame.captured_at_us if frame else captured,
        frame=frame.location if frame else None,
        part_id=frame.part_id if frame else row.part_id,
        product=frame.product if frame else row.product,
        task_id=None,
        version=1,
        labeler=row.labeler or labeler,
        labeled_at_us=now_us,
        seconds_taken=0.0,
        outcome="labeled",
        round="imported",
        label=row.label,
        boxes=list(boxes),
        image_width=row.width,
        image_height=row.height,
    )


def _known_frames(labels: Iterable[Label]) -> dict[str, KnownFrame]:
    found: dict[str, KnownFrame] = {}
    for label in labels:
        if label.camera_id is not None and label.sequence is not None:
            known = KnownFrame(
                label.camera_id, label.sequence, label.captured_at_us, label.frame, label.part_id, label.product
            )
            found.setdefault(label.sha256, known)
    return found


def _ready_rows(
    rows: list[AnnotatedImage | BadRow], roots: tuple[Path, ...], frames: dict[str, KnownFrame], on_progress: OnProgress
) -> tuple[list[_Ready], list[BadRow]]:
    ready: dict[str, _Ready] = {}
    bad: list[BadRow] = []
    for number, row in enumerate(rows, start=1):
        found = row if isinstance(row, BadRow) else _ready(row, roots, frames)
        if isinstance(found, _Ready):
            first = ready.setdefault(found.sha256, found)
            if _said(first.row) != _said(found.row):
                bad.append(BadRow(found.row.where, f"says another thing of the same image than {first.row.where}"))
        else:
            bad.append(found)
        on_progress("checking images", number, len(rows))
    return list(ready.values()), bad


def _said(row: AnnotatedImage) -> tuple[object, ...]:
    return row.label, canonical_boxes(row.boxes)


def _ready(row: AnnotatedImage, roots: tuple[Path, ...], frames: dict[str, KnownFrame]) -> _Ready | BadRow:
    if not row.label:
        return BadRow(row.where, f"{row.file} has no class of the whole image")
    path = find_image(row.file, roots)
    if path is None:
        if row.sha256 in frames and row.width and row.height:
            return _Ready(row, row.sha256, None)
        return BadRow(row.where, f"image {row.file} is not below {' or '.join(map(str, roots))}")
    try:
        data = path.read_bytes()
        header = read_header(data)
    except (OSError, HeaderError) as error:
        return BadRow(row.where, f"image {path}: {error}")
    return _fitting(row, path, hashlib.sha256(data).hexdigest(), header.width, header.height)


def _fitting(row: AnnotatedImage, path: Path, sha256: str, width: int, height: int) -> _Ready | BadRow:
    if row.sha256 not in (None, sha256):
        return BadRow(row.where, f"image {path} is another one: its sha256 is {sha256}, not {row.sha256}")
    if (row.width or width, row.height or height) != (width, height):
        return BadRow(row.where, f"image {path} has {width} x {height} pixels, not {row.width} x {row.height}")
    for box in row.boxes:
        if box.x + box.w > width or box.y + box.h > height:
            return BadRow(row.where, f"box {box.label!r} reaches out of the image of {width} x {height} pixels")
    sized = AnnotatedImage(
        **{name: getattr(row, name) for name in row.__dataclass_fields__} | {"width": width, "height": height}
    )
    return _Ready(sized, sha256, path)


def find_image(file: str, roots: tuple[Path, ...]) -> Path | None:
    """The image that a row names, below one of the roots, in `images` or `JPEGImages` of it, or by its name alone."""
    name = file.rpartition("/")[2]
    for root in roots:
        inside = root.resolve()
        for way in (file, f"images/{file}", f"JPEGImages/{file}", name, f"images/{name}", f"JPEGImages/{name}"):
            path = root / way
            if path.is_file() and path.resolve().is_relative_to(inside):
                return path
    return None


def _audit(edge_id: str, actor: str, count: int, now_us: int) -> AuditEvent:
    return AuditEvent(
        audit_id=str(uuid.uuid4()),
        at_us=now_us,
        actor=actor,
        role="cli",
        action="label.import",
        subject=edge_id,
        after=json.dumps({"labels": count}),
    )
