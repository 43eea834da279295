"""Which images a replay writes: those of a dataset, of an edge and a span of time, or with a label."""

from collections.abc import Callable, Iterable

from consumers.datasets.candidates import dataset_label
from consumers.datasets.label_history import CurrentLabel, current_labels
from consumers.datasets.manifest import DatasetLabel, Manifest
from consumers.datasets.replaying import ReplayImage
from consumers.datasets.topic_reading import ListedFrame, TopicReading
from infra.settings import Settings
from schemas.codec import Codec
from schemas.identifiers import parse_frame_id
from schemas.records import FrameLocation, Label

_FOR_EVER_US = 2**62
OnProgress = Callable[[str, int, int], None]


def of_manifest(manifest: Manifest) -> list[ReplayImage]:
    """The images of a dataset with their splits, in the order in which they are read fastest."""
    found = [
        _replayed(
            image.sha256,
            image.location,
            image.label,
            frame_id=image.frame_id,
            split=image.split,
            captured_at_us=image.captured_at_us,
            part_id=image.part_id,
            product=image.product,
        )
        for image in manifest.images
    ]
    return sorted(found, key=_reading_order)


def of_edge(
    settings: Settings, codec: Codec, edge_id: str, from_us: int, to_us: int, on_progress: OnProgress
) -> list[ReplayImage]:
    """Every frame of an edge captured in [from, to), with the label people gave its image."""
    reading = TopicReading(settings, codec)
    try:
        labels = reading.labels([edge_id], _FOR_EVER_US, lambda d, t: on_progress("reading labels", d, t))[edge_id]
        frames = reading.frames(edge_id, from_us, to_us, lambda d, t: on_progress("looking for frames", d, t))
    finally:
        reading.close()
    for label in labels:  # frames that topics forgot, and people labeled
        if label.frame is not None and label.frame_id is not None and from_us <= label.captured_at_us < to_us:
            frames.setdefault(label.frame_id, _listed(label, label.frame))
    current = current_labels(labels)
    found = [
        _replayed(
            frame.sha256,
            frame.location,
            _usable(current.get(frame.sha256)),
            frame_id=frame.frame_id,
            captured_at_us=frame.captured_at_us,
            part_id=frame.part_id,
            product=frame.product,
        )
        for frame in frames.values()
    ]
    return sorted(found, key=_reading_order)


def of_labels(labels: Iterable[Label]) -> tuple[list[ReplayImage], int]:
    """Every image with a current label, and how many are left out: disputed or unusable."""
    current = current_labels(labels).values()
    found = [
        _replayed(
            one.sha256,
            one.origin.frame,
            dataset_label(one),
            frame_id=one.origin.frame_id,
            captured_at_us=one.origin.captured_at_us,
            part_id=one.origin.part_id,
            product=one.origin.product,
        )
        for one in current
        if one.usable
    ]
    return sorted(found, key=_reading_order), len(current) - len(found)


def file_name(frame_id: str | None, sha256: str) -> str:
    """The file of an image, without suffix: by its frame, so that a folder sorts as the line ran; else by its hash.

    >>> file_name("cam-1/7", "ab")
    'cam-1-000000007'
    """
    if frame_id is None:
        return sha256[:20]
    camera, sequence = parse_frame_id(frame_id)
    return f"{camera}-{sequence:09}"


def _replayed(
    sha256: str,
    location: FrameLocation | None,
    label: DatasetLabel | None,
    *,
    frame_id: str | None,
    captured_at_us: int,
    part_id: str | None,
    product: str | None,
    split: str | None = None,
) -> ReplayImage:
    return ReplayImage(
        name=file_name(frame_id, sha256),
        sha256=sha256,
        location=location,
        label=label.label if label else None,
        boxes=label.boxes if label else (),
        split=split,
        frame_id=frame_id,
        captured_at_us=captured_at_us,
        part_id=part_id,
        product=product,
        labeler=", ".join(label.labelers) if label else None,
    )


def _usable(current: CurrentLabel | None) -> DatasetLabel | None:
    return dataset_label(current) if current is not None and current.usable else None


def _listed(label: Label, location: FrameLocation) -> ListedFrame:
    return ListedFrame(
        label.edge_id,
        label.camera_id or "",
        label.sequence or 0,
        label.captured_at_us,
        label.sha256,
        location,
        label.part_id,
        label.product,
    )


def _reading_order(image: ReplayImage) -> tuple[str, str, int, int, str]:
    """By split, then as the images lie in Kafka: shards are then read in one stream."""
    place = image.location
    if place is None:
        return image.split or "", "", 0, 0, image.sha256
    return image.split or "", place.topic, place.partition, place.offset, image.sha256
