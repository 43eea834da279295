"""Images, frames and labels for tests of datasets."""

from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from typing import Any

import cv2
import msgspec
import numpy as np
from confluent_kafka import Message, Producer, TopicPartition

from infra.blobs import BlobStore, open_blobs
from infra.kafka import key_partition, make_admin
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.codec import Codec
from schemas.records import Box, Frame, FrameLocation, Label
from schemas.topics import FRAMES

CODEC = Codec()
DAY_US = 86_400_000_000
START_US = 1_790_000_000_000_000


def picture(seed: int, width: int = 96, height: int = 64) -> bytes:
    """A PNG that looks like no other: smooth noise of a seed."""
    noise = np.random.default_rng(seed).integers(0, 255, (8, 12, 3), dtype=np.uint8)
    pixels = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return bytes(cv2.imencode(".png", pixels)[1].tobytes())


def location(sha: str, offset: int = 0, edge: str = "press-1", partition: int = 0) -> FrameLocation:
    return FrameLocation(topic=FRAMES.of(edge), partition=partition, offset=offset, sha256=sha)


def label(sha: str = "ab" * 32, **more: Any) -> Label:
    """A first answer `good` by ann about the first frame of cam-1, with whatever is said otherwise."""
    values: dict[str, Any] = {
        "label_id": "cam-1/0/first/1",
        "edge_id": "press-1",
        "sha256": sha,
        "camera_id": "cam-1",
        "sequence": 0,
        "captured_at_us": START_US,
        "frame": location(sha),
        "task_id": "cam-1/0/first",
        "version": 1,
        "labeler": "ann",
        "labeled_at_us": START_US + DAY_US,
        "seconds_taken": 1.0,
        "outcome": "labeled",
        "round": "first",
        "label": "good",
        "image_width": 96,
        "image_height": 64,
    }
    return Label(**{**values, **more})


def corrected(original: Label, at_us: int, **more: Any) -> Label:
    """The next version of a label, `at_us` later."""
    values = {
        "label_id": f"{original.label_id}/v{original.version + 1}",
        "round": "correction",
        "version": original.version + 1,
        "labeled_at_us": original.labeled_at_us + at_us,
    }
    return msgspec.structs.replace(original, **{**values, **more})


def digest(image: bytes) -> str:
    """The sha256 of an image in hex."""
    return sha256(image).hexdigest()


def _note(places: dict[int, int], number: int, error: object, message: Message) -> None:
    assert error is None
    places[number] = message.offset() or 0


class Line:
    """An edge with frames and labels in a real Kafka, put there as gateway, archive and console would."""

    def __init__(self, settings: Settings, blobs: BlobStore, edge: str) -> None:
        self.settings, self.blobs, self.edge = settings, blobs, edge
        self.topic = FRAMES.of(edge)
        apply_topics(make_admin(settings), settings, [edge])
        self._producer = Producer({"bootstrap.servers": settings.bootstrap_servers, "acks": "all"})
        self.images: list[bytes] = []
        self.locations: list[FrameLocation] = []

    def capture(self, images: Sequence[bytes], camera: str = "cam-1", part_ids: Sequence[str] = ()) -> None:
        """Publish frames, one a second."""
        partition = key_partition(camera, FRAMES.partitions)
        first = len(self.images)
        places: dict[int, int] = {}
        for number, image in enumerate(images, start=first):
            frame = self.frame(image, camera, number, part_ids[number - first] if part_ids else None)
            self._producer.produce(
                self.topic,
                key=camera,
                value=CODEC.encode(frame),
                partition=partition,
                timestamp=frame.captured_at_us // 1000,
                on_delivery=partial(_note, places, number),
            )
        assert self._producer.flush(30) == 0
        for number, image in enumerate(images, start=first):
            self.images.append(image)
            self.locations.append(location(digest(image), places[number], self.edge, partition))

    def frame(self, image: bytes, camera: str, number: int, part_id: str | None) -> Frame:
        return Frame(
            edge_id=self.edge,
            camera_id=camera,
            sequence=number,
            epoch=1,
            captured_at_us=self.captured_at_us(number),
            monotonic_ns=number,
            sha256=digest(image),
            size=len(image),
            content_type="image/png",
            image=image,
            width=96,
            height=64,
            part_id=part_id,
        )

    def send(self, frame: Frame) -> None:
        """Publish one frame as it is, in the partition of cam-1."""
        self.send_raw(CODEC.encode(frame))

    def send_raw(self, value: bytes) -> None:
        """Publish bytes where frames of cam-1 lie, captured after all others."""
        partition = key_partition("cam-1", FRAMES.partitions)
        at_ms = self.captured_at_us(10_000) // 1000
        self._producer.produce(self.topic, key="cam-1", value=value, partition=partition, timestamp=at_ms)
        assert self._producer.flush(30) == 0

    def captured_at_us(self, number: int) -> int:
        return START_US + number * 1_000_000

    def label_of(self, number: int, said: str = "good", **more: Any) -> Label:
        """A first answer about a captured frame."""
        values = {
            "label_id": f"cam-1/{number}/first/1",
            "task_id": f"cam-1/{number}/first",
            "edge_id": self.edge,
            "sequence": number,
            "captured_at_us": self.captured_at_us(number),
            "labeled_at_us": START_US + DAY_US + number * 1_000_000,
            "frame": self.locations[number],
            "label": said,
            "boxes": [] if said == "good" else [Box(label=said, x=number, y=2, w=10, h=5)],
        }
        return label(self.locations[number].sha256, **{**values, **more})

    def expire(self, before: int) -> None:
        """Do what retention does: the frames before this one are gone."""
        place = self.locations[before]
        asked = TopicPartition(place.topic, place.partition, place.offset)
        admin = make_admin(self.settings)  # its answers come only while somebody holds it
        for result in admin.delete_records([asked]).values():
            result.result(30)


def captured_line(settings: Settings, edge: str, frames: int) -> Line:
    """An edge with so many frames in Kafka, none labeled."""
    line = Line(settings, open_blobs(settings), edge)
    line.capture([picture(seed) for seed in range(frames)])
    return line
