"""Reads labels and frames of edges out of topics, whole."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Event
from typing import Final, TypeVar

from confluent_kafka import Message

from consumers.datasets.errors import CancelledError
from consumers.datasets.frame_messages import FrameMessages
from infra.kafka import TopicMissingError, key_partition
from infra.settings import Settings
from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.records import Frame, FrameLocation, Inspection, Label, Record
from schemas.topics import DAY_MS, FRAMES, INSPECTIONS, LABELS

R = TypeVar("R", bound=Record)
# An inspection follows its frame; by how much the clocks of camera and edge may differ, microseconds.
_CLOCKS_US: Final = DAY_MS * 1000
_REPORT_EVERY: Final = 200  # records between two reports of progress

OnCount = Callable[[int, int], None]  # records done, records in all


@dataclass(frozen=True, slots=True)
class ListedFrame:
    """A frame that a topic knows of."""

    edge_id: str
    camera_id: str
    sequence: int
    captured_at_us: int
    sha256: str
    location: FrameLocation
    part_id: str | None
    product: str | None

    @property
    def frame_id(self) -> str:
        """`<camera_id>/<sequence>`."""
        return f"{self.camera_id}/{self.sequence}"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that could not be read, and why; it is reported, never passed over in silence."""

    place: str
    reason: str


class TopicReading:
    """Reads topics for one build or replay. For one thread; close it."""

    def __init__(self, settings: Settings, codec: Codec, stop: Event | None = None) -> None:
        self._reader = FrameMessages(settings)
        self._codec, self._stop = codec, stop
        self.unreadable: list[Unreadable] = []

    def close(self) -> None:
        """Close the connections."""
        self._reader.close()

    def labels(self, edge_ids: Iterable[str], until_us: int, on_count: OnCount) -> dict[str, list[Label]]:
        """Every label given to images of these edges up to `until_us`, by edge, in the order of the topic."""
        found: dict[str, list[Label]] = {edge: [] for edge in edge_ids}
        for partition in sorted({key_partition(edge, LABELS.partitions) for edge in found}):
            for message in self._whole(LABELS.name, partition, on_count):
                label = self._decoded(message, Label)
                if label is not None and label.edge_id in found and label.labeled_at_us <= until_us:
                    found[label.edge_id].append(label)
        return found

    def frames(self, edge_id: str, from_us: int, to_us: int, on_count: OnCount) -> dict[str, ListedFrame]:
        """Every frame captured in [from, to), by frame id: of the frames topic, and those only inspections know."""
        found: dict[str, ListedFrame] = {}
        for frame in (*self._framed(edge_id, from_us, to_us, on_count), *self.inspected(edge_id, from_us, on_count)):
            if from_us <= frame.captured_at_us < to_us:
                found.setdefault(frame.frame_id, frame)
        return found

    def _framed(self, edge_id: str, from_us: int, to_us: int, on_count: OnCount) -> Iterator[ListedFrame]:
        topic = FRAMES.of(edge_id)
        for partition in self._partitions(topic):
            # A camera that was cut off sends old frames late, so only the beginning can be skipped, never the end.
            first = self._reader.first_since(topic, partition, from_us)
            for message in self._from(topic, partition, first, on_count):
                if message.timestamp()[1] * 1000 < to_us and (frame := self._decoded(message, Frame)):
                    yield _of_frame(frame, message)

    def inspected(self, edge_id: str, from_us: int, on_count: OnCount) -> Iterator[ListedFrame]:
        """Every frame of the edge that was inspected, captured since `from_us` or somewhat before."""
        partition = key_partition(edge_id, INSPECTIONS.partitions)
        if not self._partitions(INSPECTIONS.name):
            return
        first = self._reader.first_since(INSPECTIONS.name, partition, max(from_us - _CLOCKS_US, 0))
        for message in self._from(INSPECTIONS.name, partition, first, on_count):
            inspection = self._decoded(message, Inspection)
            if inspection is not None and inspection.edge_id == edge_id:
                yield _of_inspection(inspection)

    def _partitions(self, topic: str) -> list[int]:
        """The partitions of a topic; none when an edge never had a frame."""
        try:
            return self._reader.partitions(topic)
        except TopicMissingError:
            return []

    def _whole(self, topic: str, partition: int, on_count: OnCount) -> Iterator[Message]:
        try:
            low = self._reader.span(topic, partition).low
        except TopicMissingError:
            return
        yield from self._from(topic, partition, low, on_count)

    def _from(self, topic: str, partition: int, first: int, on_count: OnCount) -> Iterator[Message]:
        span = self._reader.span(topic, partition)
        first = max(first, span.low)
        for number, message in enumerate(self._reader.span_of(topic, partition, first, span.high)):
            if number % _REPORT_EVERY == 0:
                if self._stop is not None and self._stop.is_set():
                    raise CancelledError("stopped while topics were read; nothing was written")
                on_count(number, span.high - first)
            yield message
        on_count(span.high - first, span.high - first)

    def _decoded(self, message: Message, record: type[R]) -> R | None:
        try:
            return self._codec.decode(message.value(), record)
        except DecodeError as error:
            place = f"{message.topic()}[{message.partition()}]@{message.offset()}"
            self.unreadable.append(Unreadable(place, str(error)))
            return None


def _of_frame(frame: Frame, message: Message) -> ListedFrame:
    location = FrameLocation(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        sha256=frame.sha256,
    )
    return ListedFrame(
        frame.edge_id,
        frame.camera_id,
        frame.sequence,
        frame.captured_at_us,
        frame.sha256,
        location,
        frame.part_id,
        frame.product,
    )


def _of_inspection(inspection: Inspection) -> ListedFrame:
    return ListedFrame(
        inspection.edge_id,
        inspection.camera_id,
        inspection.sequence,
        inspection.captured_at_us,
        inspection.frame.sha256,
        inspection.frame,
        inspection.part_id,
        inspection.product,
    )
