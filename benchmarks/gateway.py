"""Benchmark `gateway`: JPEG files of 200 kB through the gateway into real Kafka, against a bare producer.

Every contestant ends when Kafka has acknowledged its last byte. The gateway reads its files from disk, hashes, numbers,
spools and encodes them; the bare confluent_kafka.Producer has the same settings (gateway_producer) and sends the same
messages, as they lie in its memory, `produce` and `poll` in a loop, `flush` at the end. A third row is that producer
with the gateway's transactions. The clocks run from the first file read, or the first `produce`: starting up
and claiming the camera happen once, not per frame.
"""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from confluent_kafka import Producer

from benchmarks.measure import Options, Target, interleave, options, ratio, report
from infra.broker import Cluster, ClusterOptions
from infra.kafka import key_partition, make_admin
from infra.settings import Settings
from infra.topics import apply_topics
from producers.drain import COMMIT_EVERY_BYTES
from producers.gateway import Gateway, GatewayOptions
from producers.kafka_link import gateway_producer
from producers.sources.files import FileSource
from producers.sources.source import BrokenImage, Capture
from schemas.codec import Codec
from schemas.headers import event_headers, trace_of
from schemas.records import Frame
from schemas.topics import FRAMES

IMAGE_BYTES: Final = 200_000
DISTINCT: Final = 100  # files; a round reads each of them several times, as hard links
CAMERA: Final = "camera"
TARGET: Final = Target(">=", 0.9)

Headers = list[tuple[str, str | bytes | None]]


def draw_jpegs(folder: Path) -> list[Path]:
    """Write JPEG files of 200 kB: noise over a gradient, as a sensor gives it, padded behind the end marker."""
    noise = np.random.default_rng(1)
    files = []
    for number in range(DISTINCT):
        ramp = np.linspace(60 + number % 40, 180, 1280, dtype=np.float32)[None, :, None]
        image = np.clip(ramp + noise.normal(0, 9, (960, 1280, 3)), 0, 255).astype(np.uint8)
        jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
        assert len(jpeg) <= IMAGE_BYTES
        files.append(folder / f"{number:05}.jpg")
        files[-1].write_bytes(jpeg.ljust(IMAGE_BYTES, b"\0"))
    return files


class GatedFiles(FileSource):
    """Files that come only once the gateway has claimed its camera: that happens once, not per frame."""

    def __init__(self, files: Sequence[Path]) -> None:
        super().__init__(files, "benchmark files")
        self.gate = threading.Event()
        self.opened_at = 0.0  # perf_counter when the first file was asked for
        self.done_at = 0.0  # perf_counter when the last one was acknowledged

    def open(self, position: int = 0) -> Iterator[Capture | BrokenImage]:
        """As FileSource, once the gate is open."""
        self.gate.wait()
        self.opened_at = time.perf_counter()
        yield from super().open(position)


class Bench:
    """The contestants. Each measurement writes to a topic of its own, which is deleted afterwards."""

    def __init__(self, settings: Settings, folder: Path, count: int) -> None:
        self._settings, self._folder, self._count = settings, folder, count
        self._admin = make_admin(settings)
        self._rounds = 0
        self._files = draw_jpegs(folder)
        self._messages = [self._message(number, path) for number, path in enumerate(self._files)]
        self._megabytes = count * IMAGE_BYTES / 1e6

    def _message(self, number: int, path: Path) -> tuple[bytes, Headers]:
        image = path.read_bytes()
        name = f"{CAMERA}/{number}"
        frame = Frame(
            edge_id="bench",
            camera_id=CAMERA,
            sequence=number,
            epoch=1,
            captured_at_us=time.time_ns() // 1000,
            monotonic_ns=time.monotonic_ns(),
            sha256=sha256(image).hexdigest(),
            size=len(image),
            content_type="image/jpeg",
            image=image,
            width=1280,
            height=960,
            origin=str(path),
        )
        headers = event_headers(
            frame, event_id=name, source=f"/cameras/{CAMERA}", traceparent=trace_of(name, "capture")
        )
        return Codec().encode(frame), headers

    def _edge(self) -> str:
        self._rounds += 1
        edge = f"bench-{self._rounds}"
        apply_topics(self._admin, self._settings, [edge])
        return edge

    def _drop(self, edge: str) -> None:
        for future in self._admin.delete_topics([FRAMES.of(edge)]).values():
            future.result()

    def gateway(self) -> float:
        """MB/s of the gateway."""
        edge = self._edge()
        links = self._folder / edge
        links.mkdir()
        names = [links / f"{number:06}.jpg" for number in range(self._count)]
        for number, name in enumerate(names):
            os.link(self._files[number % DISTINCT], name)
        source = GatedFiles(names)
        running = Gateway(
            self._settings, GatewayOptions(edge_id=edge, camera_id=edge, source=str(links)), source=source
        )
        opener = threading.Thread(target=_watch, args=(running, source, self._count))
        opener.start()
        done = running.run(threading.Event())
        opener.join()
        seconds = source.done_at - source.opened_at
        assert done.delivered == self._count, done
        self._drop(edge)
        return self._megabytes / seconds

    def bare(self) -> float:
        """MB/s of a bare producer with the gateway's settings."""
        edge = self._edge()
        producer = gateway_producer(self._settings)
        producer.list_topics(FRAMES.of(edge), timeout=10)
        started = time.perf_counter()
        self._produce(producer, edge, commit=False)
        assert producer.flush(60) == 0
        seconds = time.perf_counter() - started
        self._drop(edge)
        return self._megabytes / seconds

    def transactional(self) -> float:
        """MB/s of a bare producer with the gateway's settings and transactions."""
        edge = self._edge()
        producer = gateway_producer(self._settings, transactional_id=edge)
        producer.init_transactions(30)
        started = time.perf_counter()
        producer.begin_transaction()
        self._produce(producer, edge, commit=True)
        producer.commit_transaction(60)
        seconds = time.perf_counter() - started
        self._drop(edge)
        return self._megabytes / seconds

    def _produce(self, producer: Producer, edge: str, *, commit: bool) -> None:
        topic, partition, size = FRAMES.of(edge), key_partition(CAMERA, FRAMES.partitions), 0
        for number in range(self._count):
            value, headers = self._messages[number % DISTINCT]
            while True:
                try:
                    producer.produce(topic, value, CAMERA, partition, headers=headers)
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
            size += len(value)
            if commit and size >= COMMIT_EVERY_BYTES:
                producer.commit_transaction(60)
                producer.begin_transaction()
                size = 0


def _watch(running: Gateway, source: GatedFiles, count: int) -> None:
    """Open the gate once the camera is claimed, and note when the last frame was acknowledged."""
    while running.report().epoch == 0:
        time.sleep(0.01)
    source.gate.set()
    while running.report().delivered < count:
        time.sleep(0.005)
    source.done_at = time.perf_counter()


def measure(asked: Options, folder: Path) -> bool:
    """Run the rounds; whether the target is reached."""
    count = 200 if asked.quick else 2_000
    (folder / "images").mkdir()
    with Cluster(folder / "broker", ClusterOptions()) as cluster:
        settings = Settings(bootstrap_servers=cluster.bootstrap_servers, data_dir=folder / "var")
        bench = Bench(settings, folder / "images", count)
        contestants = {"gateway": bench.gateway, "bare": bench.bare, "bare, transactions": bench.transactional}
        interleave(contestants, 1, "MB/s, warming up")
        taken = interleave(contestants, asked.rounds, "MB/s")
    ours, bare = taken["gateway"], taken["bare"]
    return report(
        "gateway",
        ratio(ours, bare, "gateway / bare"),
        TARGET,
        rows=list(taken.values()),
        peer=bare,
        packages=["confluent-kafka", "fastavro", "msgspec"],
        notes={"images": count, "image_bytes": IMAGE_BYTES, "broker": "embedded Kafka 4.3, one node, same machine"},
        quick=asked.quick,
    )


def main() -> int:
    """Exit code 0 once measured, whatever the figure."""
    asked = options(__doc__ or "")
    with tempfile.TemporaryDirectory(prefix="linewatch-bench-") as folder:
        measure(asked, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
