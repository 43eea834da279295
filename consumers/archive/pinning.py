"""Pins: all frames of an edge's span of time are kept until they are released.

A pin is a folder `archive/pins/<pin>` in the blob store: `pin.json` says what was asked for, and each `frames-...` file
names the images of a range of offsets that are in the store. Such a file is written only after its images, so a pin
that was interrupted goes on where it stopped.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec
from confluent_kafka import Message

from consumers.archive.errors import PinError
from consumers.archive.whole_topics import read_whole
from consumers.datasets.frame_messages import FrameMessages
from infra.blobs import BlobMissingError, BlobStore
from infra.schema_topic import make_codec
from infra.settings import Settings
from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.identifiers import checked_identifier
from schemas.records import Frame
from schemas.topics import FRAMES

ROOT: Final = "archive/pins"
_CHUNK: Final = 200  # frames a file of digests: what an interruption costs
_CHUNK_BYTES: Final = 64 * 2**20
_GONE: Final = "gone\n"  # a line for each image that was gone
_NAME: Final = re.compile(r"frames-(\d+)-(\d+)-(\d+)\.txt")


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. Times are Unix microseconds."""

    pin: str
    edge_id: str
    from_us: int
    to_us: int
    pinned_at_us: int
    note: str = ""
    done: bool = False
    frames: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class PinProgress:
    """How far a pin has come: offsets of all partitions, frames kept, images that are gone."""

    done: int
    total: int
    frames: int
    missing: int


def pin_name(edge_id: str, from_us: int, to_us: int) -> str:
    """The name of a span: asking for the same one again goes on with the same pin."""
    return f"{checked_identifier(edge_id, 'edge')}.{_stamp(from_us)}.{_stamp(to_us)}"


class Pinner:
    """Pins one span. Use: `run` once."""

    def __init__(self, settings: Settings, blobs: BlobStore, codec: Codec | None = None) -> None:
        self._blobs, self._codec = blobs, codec or make_codec(settings)
        self._settings = settings
        self._frames = self._missing = 0

    def run(
        self,
        edge_id: str,
        from_us: int,
        to_us: int,
        *,
        note: str = "",
        on_progress: Callable[[PinProgress], None] = lambda _: None,
    ) -> Pin:
        """Keep every frame captured from `from_us` up to, not including, `to_us`, as far as Kafka holds it now.

        Raises:
            PinError: an empty span.
            TopicMissingError: the edge is unknown. BrokerAwayError, BlobError: try again, it goes on where it stopped.
        """
        if from_us >= to_us:
            raise PinError(f"nothing lies from {_stamp(from_us)} to {_stamp(to_us)}: --to must be later than --from")
        name = pin_name(edge_id, from_us, to_us)
        pin = Pin(
            pin=name, edge_id=edge_id, from_us=from_us, to_us=to_us, pinned_at_us=time.time_ns() // 1000, note=note
        )
        self._note(pin)
        reader = FrameMessages(self._settings)
        try:
            self._pin_all(reader, pin, on_progress)
        finally:
            reader.close()
        frames, missing = counted(self._blobs, name)
        pin = msgspec.structs.replace(pin, done=True, frames=frames, missing=missing)
        self._note(pin)
        return pin

    def _pin_all(self, reader: FrameMessages, pin: Pin, on_progress: Callable[[PinProgress], None]) -> None:
        topic, done = FRAMES.of(pin.edge_id), reached(self._blobs, pin.pin)
        spans: dict[int, tuple[int, int]] = {}
        for partition in reader.partitions(topic):
            first = reader.first_since(topic, partition, pin.from_us)
            spans[partition] = (max(first, done.get(partition, 0)), reader.span(topic, partition).high)
        total, passed = sum(max(end - first, 0) for first, end in spans.values()), 0
        for partition, (first, end) in spans.items():
            for chunk_end in self._pin_partition(pin, topic, partition, first, end):
                on_progress(PinProgress(passed + chunk_end - first, total, self._frames, self._missing))
            passed += max(end - first, 0)

    def _pin_partition(self, pin: Pin, topic: str, partition: int, first: int, end: int) -> Iterator[int]:
        digests: list[str] = []
        start, size, position, missing = first, 0, first, self._missing
        for message in read_whole(self._settings, topic, partition, first):
            position = (message.offset() or 0) + 1
            frame = self._frame(message)
            if frame is not None and pin.from_us <= frame.captured_at_us < pin.to_us and self._keep(frame):
                digests.append(frame.sha256)
                size += frame.size
            if len(digests) >= _CHUNK or size >= _CHUNK_BYTES or position - start >= 50 * _CHUNK:
                self._write(pin, partition, start, position, digests, self._missing - missing)
                digests, start, size, missing = [], position, 0, self._missing
                yield position
        if digests or end > start:
            self._write(pin, partition, start, max(position, end), digests, self._missing - missing)
            yield max(position, end)

    def _frame(self, message: Message) -> Frame | None:
        try:
            return self._codec.decode(message.value(), Frame)
        except DecodeError:
            return None  # its edge put it among the dead letters

    def _keep(self, frame: Frame) -> bool:
        try:
            # A claim-checked image is put again, so that it counts as in use from now on.
            image = frame.image if frame.claim_check is None else self._blobs.get(frame.claim_check)
        except BlobMissingError:
            self._missing += 1
            return False
        self._blobs.put(image or b"")
        self._frames += 1
        return True

    def _write(self, pin: Pin, partition: int, start: int, end: int, digests: list[str], missing: int) -> None:
        text = "".join(f"{digest}\n" for digest in digests) + _GONE * missing
        self._blobs.write_file(f"{ROOT}/{pin.pin}/frames-{partition}-{start}-{end}.txt", text.encode())

    def _note(self, pin: Pin) -> None:
        self._blobs.write_file(f"{ROOT}/{pin.pin}/pin.json", msgspec.json.encode(pin))


def reached(blobs: BlobStore, name: str) -> dict[int, int]:
    """How far each partition of a pin is done: the offset to go on at."""
    ends: dict[int, int] = {}
    for path in _paths(blobs, f"{ROOT}/{name}"):
        if match := _NAME.fullmatch(path.rpartition("/")[2]):
            ends[int(match[1])] = max(ends.get(int(match[1]), 0), int(match[3]))
    return ends


def counted(blobs: BlobStore, name: str) -> tuple[int, int]:
    """Frames that a pin keeps, and those whose image was gone, over all its runs."""
    frames = missing = 0
    for path in _paths(blobs, f"{ROOT}/{name}"):
        if _NAME.fullmatch(path.rpartition("/")[2]):
            text = b"".join(blobs.read_file(path)).decode()
            gone = text.count(_GONE)
            frames, missing = frames + text.count("\n") - gone, missing + gone
    return frames, missing


def read_pins(blobs: BlobStore) -> list[Pin]:
    """Every pin, oldest first. Raises BlobError."""
    found = [path for path in _paths(blobs, ROOT) if path.endswith("/pin.json")]
    return sorted(
        (msgspec.json.decode(b"".join(blobs.read_file(path)), type=Pin) for path in found),
        key=lambda pin: pin.pinned_at_us,
    )


def release_pin(blobs: BlobStore, name: str) -> None:
    """Keep the frames of a pin no longer than anything else does. Raises PinError, BlobError."""
    folder = f"{ROOT}/{name}"
    paths = _paths(blobs, folder) if re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9.-]*", name) else []
    if f"{folder}/pin.json" not in paths:
        raise PinError(f"there is no pin {name!r}: `linewatch archive pins` lists them")
    # pin.json last: until then a release that was interrupted is still listed.
    for path in sorted(paths, key=lambda one: one.endswith("/pin.json")):
        blobs.delete_file(path)


def _paths(blobs: BlobStore, folder: str) -> list[str]:
    return [stat.path for stat in blobs.list_files(folder)]


def _stamp(moment_us: int) -> str:
    # To the microsecond: spans that differ must not share a pin.
    return (
        datetime.fromtimestamp(moment_us // 1_000_000, UTC).strftime("%Y%m%dT%H%M%S") + f"-{moment_us % 1_000_000:06d}"
    )
