"""A broker, an edge in a process of its own, a camera that publishes: what the edge benchmarks measure on."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import psutil
from confluent_kafka import Consumer, TopicPartition

from infra.broker import Cluster, ClusterOptions
from infra.kafka import make_admin, make_producer
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.codec import Codec
from schemas.records import Frame, Inspection
from schemas.topics import FRAMES, INSPECTIONS

EDGE: Final = "bench"
_OTHER_EDGE: Final = "warming"
CAMERAS: Final = ("cam-0", "cam-1")
_REPO: Final = Path(__file__).resolve().parents[1]
_REAL: Final = _REPO.parent / "shared" / "data" / "screws_missing" / "images"
_PATIENCE: Final = 180.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """An inspection and when Kafka has it from: the time its edge handed it to the producer, Unix milliseconds."""

    inspection: Inspection
    published_ms: int


@dataclass
class Rig:
    """The running whole."""

    settings: Settings
    process: "subprocess.Popen[bytes]"
    codec: Codec
    consumer: Consumer
    sequences: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CAMERAS, 0))

    def __post_init__(self) -> None:
        self._producer = make_producer(self.settings, linger_ms=0)

    def processes(self) -> list[psutil.Process]:
        """This process, the edge, and this process' children: the broker."""
        here = psutil.Process()
        return [here, *here.children(recursive=True)]

    def publish(self, image: bytes, camera: str = CAMERAS[0]) -> None:
        """Publish one frame; `flush` to be sure that Kafka has it."""
        number = self.sequences[camera]
        self.sequences[camera] = number + 1
        frame = Frame(
            edge_id=EDGE,
            camera_id=camera,
            sequence=number,
            epoch=1,
            captured_at_us=time.time_ns() // 1000,
            monotonic_ns=time.monotonic_ns(),
            sha256=hashlib.sha256(image).hexdigest(),
            size=len(image),
            content_type="image/jpeg",
            image=image,
        )
        self._producer.produce(FRAMES.of(EDGE), key=camera, value=self.codec.encode(frame))
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait until Kafka has every frame."""
        assert self._producer.flush(60) == 0, "Kafka did not take the frames"

    def warm_up(self, records: int) -> None:
        """Write records of another edge, which nobody inspects, and read them back, each answered before the next.

        A broker that has just started compiles what it runs, with cores the edge needs.
        """
        apply_topics(make_admin(self.settings), self.settings, [_OTHER_EDGE])
        topic, image = FRAMES.of(_OTHER_EDGE), images()[0]
        reader = _reader(self.settings, topic, FRAMES.partitions)
        for number in range(records):
            self._producer.produce(topic, key=str(number), value=image)
            self.flush()
            message = reader.poll(_PATIENCE)
            assert message is not None, f"the broker did not give record {number} back in {_PATIENCE} s"
            assert message.error() is None, message.error()
            reader.commit(message=message, asynchronous=True)
        reader.close()

    def collect(self, count: int) -> list[Outcome]:
        """The next `count` inspections."""
        found: list[Outcome] = []
        deadline = time.monotonic() + _PATIENCE
        while len(found) < count:
            assert self.process.poll() is None, "the edge ended"
            assert time.monotonic() < deadline, f"{len(found)} of {count} inspections in {_PATIENCE} s"
            for message in self.consumer.consume(min(count - len(found), 200), 0.5):
                assert message.error() is None, message.error()
                inspection = self.codec.decode(message.value(), Inspection)
                assert inspection.verdict != "error", inspection.reason
                found.append(Outcome(inspection, message.timestamp()[1]))
        return found


@contextmanager
def running_edge(
    directory: Path,
    model: Path,
    *,
    threads: int,
    module: str = "infra.cli",
    environment: Mapping[str, str] | None = None,
) -> Iterator[Rig]:
    """A rig with one edge that runs `model`, warmed up by a first frame of each camera; `module` has its `main`."""
    # The quick compiler alone: the other takes 20 to 100 ms of a core at a time, hundreds of times in a broker's first
    # minutes, from the edge beside it. A plant's broker has been running for long, and elsewhere.
    options = ClusterOptions(jvm_options=("-XX:TieredStopAtLevel=1",))
    with Cluster(directory / "broker", options) as cluster:
        settings = Settings(bootstrap_servers=cluster.bootstrap_servers, data_dir=directory / "var")
        apply_topics(make_admin(settings), settings, [EDGE])
        command = ("edge", "--edge", EDGE, "--instance", "bench", "--model", str(model), "--threads", str(threads))
        process = _start(settings, module, command, environment or {}, directory / "edge.log")
        try:
            rig = Rig(settings, process, Codec(), _reader(settings, INSPECTIONS.name, INSPECTIONS.partitions))
            for camera in CAMERAS:
                rig.publish(images()[0], camera)
            rig.flush()
            rig.collect(len(CAMERAS))
            yield rig
        except AssertionError:
            sys.stderr.write((directory / "edge.log").read_text()[-4000:])
            raise
        finally:
            process.terminate()
            process.wait(30)


def _start(
    settings: Settings, module: str, arguments: Sequence[str], more: Mapping[str, str], log: Path
) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        "LINEWATCH_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "LINEWATCH_DATA_DIR": str(settings.data_dir),
        "PYTHONPATH": str(_REPO),
        **more,
    }
    code = f"import sys; sys.argv = ['linewatch', *{list(arguments)!r}]; from {module} import main; main()"
    with log.open("wb") as sink:
        return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=sink, stderr=sink)


def _reader(settings: Settings, topic: str, partitions: int) -> Consumer:
    consumer = Consumer(settings.kafka_settings(group_id=f"bench-{topic}", enable_auto_commit=False))
    consumer.assign([TopicPartition(topic, number, 0) for number in range(partitions)])
    return consumer


def images() -> list[bytes]:
    """JPEG files of a real camera where they lie beside the repository, else drawn ones of the same size."""
    if _REAL.is_dir():
        return [path.read_bytes() for path in sorted(_REAL.glob("*.jpg"))]
    noise = np.random.default_rng(1).integers(0, 40, (800, 600, 3), np.uint8)
    done, data = cv2.imencode(".jpg", cv2.GaussianBlur(noise, (0, 0), 2))
    assert done
    return [bytes(data)]
