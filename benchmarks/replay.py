"""Benchmark `replay`: frames in Kafka to verified bytes in Python, and images to 224 x 224 tensors.

`replay`: every frame of a topic by `read_images` (decoded records, each image compared with its sha256), against a bare
Consumer.consume of the same messages with the same settings, whose values are only counted. `replay-decode`: a split as
batches of a tf.data.Dataset, against bare cv2.imdecode and cv2.resize of the same bytes in as many threads.
"""

import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from confluent_kafka import Producer, TopicPartition

from benchmarks.gateway import draw_jpegs
from benchmarks.measure import Options, Target, interleave, options, ratio, report
from consumers.datasets.errors import ImageMissingError
from consumers.datasets.frame_messages import BATCH as MESSAGES
from consumers.datasets.frame_messages import make_frame_consumer
from consumers.datasets.image_reading import Wanted, read_images
from consumers.datasets.manifest import Agreement, DatasetImage, Manifest, make_manifest
from consumers.trainer.replay import THREADS, LocalImages, dataset
from infra.blobs import BlobStore, open_blobs
from infra.broker import Cluster, ClusterOptions
from infra.kafka import make_admin
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.codec import Codec
from schemas.records import Frame, FrameLocation
from schemas.topics import FRAMES

BYTES_TARGET: Final = Target(">=", 0.8)
DECODE_TARGET: Final = Target(">=", 0.9)
EDGE: Final = "bench"
SIDE: Final = 224
BATCH: Final = 32


class Bytes:
    """Frames of one camera in one partition, read whole by either contestant."""

    def __init__(self, settings: Settings, images: list[bytes], count: int) -> None:
        self._settings, self._topic, self._count = settings, FRAMES.of(EDGE), count
        self._blobs: BlobStore = open_blobs(settings)
        apply_topics(make_admin(settings), settings, [EDGE])
        hashes = [sha256(image).hexdigest() for image in images]
        producer = Producer({"bootstrap.servers": settings.bootstrap_servers, "acks": "all"})
        codec = Codec()
        values = [codec.encode(_frame(number, image, hashes[number])) for number, image in enumerate(images)]
        for number in range(count):
            while True:
                try:
                    producer.produce(self._topic, values[number % len(values)], partition=0)
                    break
                except BufferError:
                    producer.poll(0.1)
        assert producer.flush(120) == 0
        self._wanted = [
            Wanted(hashes[n % len(hashes)], FrameLocation(topic=self._topic, partition=0, offset=n, sha256=""))
            for n in range(count)
        ]
        self._megabytes = sum(len(images[n % len(images)]) for n in range(count)) / 1e6

    def ours(self) -> float:
        """MB/s of image bytes, verified."""
        started, size = time.perf_counter(), 0
        for _, found in read_images(self._settings, self._blobs, self._wanted, Codec()):
            assert not isinstance(found, ImageMissingError), found
            size += len(found.data)
        assert round(size / 1e6, 3) == round(self._megabytes, 3)
        return self._megabytes / (time.perf_counter() - started)

    def bare(self) -> float:
        """MB/s of a bare consumer that looks at nothing."""
        started, taken = time.perf_counter(), 0
        consumer = make_frame_consumer(self._settings)
        consumer.assign([TopicPartition(self._topic, 0, 0)])
        while taken < self._count:
            taken += sum(
                len(message.value() or b"") > 0 for message in consumer.consume(min(MESSAGES, self._count - taken), 1.0)
            )
        seconds = time.perf_counter() - started
        consumer.close()
        return self._megabytes / seconds


class Decoding:
    """The same JPEG files as tensors of 224 x 224, one epoch."""

    def __init__(self, images: list[bytes], folder: Path) -> None:
        self._images = images
        self._local = LocalImages(folder)
        self._manifest = _manifest(images)
        for image, data in zip(self._manifest.images, sorted(images, key=_hash_of), strict=True):
            path = self._local.path(image.sha256)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self._split = dataset(self._manifest, "train", self._local, size=(SIDE, SIDE), batch=BATCH)

    def ours(self) -> float:
        """Images/s as batches of a tf.data.Dataset, read from files."""
        started = time.perf_counter()
        taken = sum(int(images.shape[0]) for images, _, _ in self._split)
        assert taken == len(self._images)
        return taken / (time.perf_counter() - started)

    def bare(self) -> float:
        """Images/s of cv2.imdecode and cv2.resize from memory, in as many threads."""
        started = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            _drain(pool.map(_decoded, self._images))
        return len(self._images) / (time.perf_counter() - started)


def _decoded(data: bytes) -> Any:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def _drain(items: Iterable[Any]) -> None:
    for _ in items:
        pass


def _other(data: bytes, number: int) -> bytes:
    """The same picture in a file of its own: the number stands in the padding behind the end marker."""
    return data[:-4] + number.to_bytes(4, "little")


def _hash_of(data: bytes) -> str:
    return sha256(data).hexdigest()


def _frame(number: int, image: bytes, digest: str) -> Frame:
    return Frame(
        edge_id=EDGE,
        camera_id="camera",
        sequence=number,
        epoch=1,
        captured_at_us=number,
        monotonic_ns=number,
        sha256=digest,
        size=len(image),
        content_type="image/jpeg",
        image=image,
    )


def _manifest(images: list[bytes]) -> Manifest:
    entries = [
        DatasetImage(
            sha256=_hash_of(data),
            split="train",
            edge_id=EDGE,
            captured_at_us=0,
            size=len(data),
            content_type="image/jpeg",
            width=1280,
            height=960,
        )
        for data in images
    ]
    return make_manifest(entries, (), (), selection={}, agreement=Agreement(), look_version=1)


def measure(asked: Options, folder: Path) -> None:
    """Run the rounds of both figures."""
    (folder / "images").mkdir()
    images = [path.read_bytes() for path in draw_jpegs(folder / "images")]
    count = 1_000 if asked.quick else 10_000
    with Cluster(folder / "broker", ClusterOptions()) as cluster:
        settings = Settings(bootstrap_servers=cluster.bootstrap_servers, data_dir=folder / "var")
        reading = Bytes(settings, images, count)
        contestants = {"read_images": reading.ours, "bare consume": reading.bare}
        interleave(contestants, 1, "MB/s, warming up")
        taken = interleave(contestants, asked.rounds, "MB/s")
    report(
        "replay",
        ratio(taken["read_images"], taken["bare consume"], "read_images / bare consume"),
        BYTES_TARGET,
        rows=list(taken.values()),
        peer=taken["bare consume"],
        packages=["confluent-kafka", "fastavro"],
        notes={"images": count, "image_bytes": len(images[0]), "verified": "sha256 of every image"},
        quick=asked.quick,
    )
    images = [_other(images[n % len(images)], n) for n in range(300 if asked.quick else 1_000)]
    decoding = Decoding(images, folder / "local")
    contestants = {"tf.data": decoding.ours, "bare cv2": decoding.bare}
    interleave(contestants, 1, "images/s, warming up")
    taken = interleave(contestants, asked.rounds, "images/s")
    report(
        "replay-decode",
        ratio(taken["tf.data"], taken["bare cv2"], "tf.data / bare cv2"),
        DECODE_TARGET,
        rows=list(taken.values()),
        peer=taken["bare cv2"],
        packages=["opencv-python-headless", "tensorflow-cpu"],
        notes={"images": len(images), "pixels": "1280 x 960 JPEG", "side": SIDE, "threads": THREADS},
        quick=asked.quick,
    )


def main() -> int:
    """Exit code 0 once measured, whatever the figures."""
    asked = options(__doc__ or "")
    with tempfile.TemporaryDirectory(prefix="linewatch-bench-") as folder:
        measure(asked, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
