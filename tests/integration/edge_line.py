"""A line for edge tests: topics, cameras that publish frames, edge processes, and what they say."""

import contextlib
import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from infra.kafka import key_partition
from infra.settings import Settings
from infra.topics import apply_topics, ensure_edge_topics
from schemas.codec import Codec
from schemas.records import ClaimCheck, DeadLetter, EdgeReported, Frame, Inspection
from schemas.topics import DEAD_LETTERS, EDGE_REPORTED, FRAMES, INSPECTIONS
from tests.consumers.edge.brightness import image_of
from tests.paths import REPO

CODEC = Codec()
_QUIET = {"log_level": 0}


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 60.0) -> None:
    """Wait for something observable; fails naming it."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.02)  # between two looks at the condition


@dataclass
class Camera:
    """Numbers and publishes frames, as a gateway would."""

    producer: Producer
    edge_id: str
    camera_id: str
    epoch: int = 1
    sequence: int = 0

    def publish(self, image: bytes, *, sequence: int | None = None, claim: ClaimCheck | None = None) -> Frame:
        """Publish one image; without `sequence` the next number."""
        number = self.sequence if sequence is None else sequence
        frame = Frame(
            edge_id=self.edge_id,
            camera_id=self.camera_id,
            sequence=number,
            epoch=self.epoch,
            captured_at_us=time.time_ns() // 1000,
            monotonic_ns=time.monotonic_ns(),
            sha256=claim.sha256 if claim else hashlib.sha256(image).hexdigest(),
            size=claim.size if claim else len(image),
            content_type="image/png",
            image=None if claim else image,
            claim_check=claim,
            part_id=f"part-{number}",
            product="card",
        )
        self.sequence = number + 1
        self.publish_raw(CODEC.encode(frame))
        return frame

    def publish_raw(self, value: bytes) -> None:
        """Publish any bytes under this camera's key."""
        self.producer.produce(FRAMES.of(self.edge_id), key=self.camera_id, value=value)
        self.producer.poll(0)


class Traffic:
    """Cameras that go on publishing in a thread until told to stop."""

    def __init__(self, cameras: list[Camera], interval: float) -> None:
        self.cameras, self._interval = cameras, interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Traffic":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            for camera in self.cameras:
                camera.publish(image_of(camera.sequence % 256, noise=camera.sequence))


@dataclass
class Records:
    """Reads a topic from its end at the start of the test on, and keeps what one edge wrote."""

    consumer: Consumer
    messages: list[Message] = field(default_factory=list)

    def read(self) -> None:
        """Take what has come."""
        self.messages += [message for message in self.consumer.consume(500, 0.05) if message.error() is None]


@dataclass
class Line:
    """One edge of its own on a real broker."""

    settings: Settings
    edge_id: str
    producer: Producer
    inspections_log: Records
    letters_log: Records
    reports_log: Records
    _seen: list[Inspection] = field(default_factory=list, init=False)
    _decoded: int = field(default=0, init=False)

    def camera(self, camera_id: str) -> Camera:
        """A camera of this edge."""
        return Camera(self.producer, self.edge_id, camera_id)

    def cameras_apart(self, count: int) -> list[Camera]:
        """Cameras that lie in different partitions of the edge's topic."""
        found: dict[int, str] = {}
        number = 0
        while len(found) < count:
            found.setdefault(key_partition(f"cam-{number}", FRAMES.partitions), f"cam-{number}")
            number += 1
        return [self.camera(name) for name in found.values()]

    @property
    def inspections(self) -> list[Inspection]:
        """Every inspection so far, repeats included, in order."""
        self.inspections_log.read()
        new, self._decoded = self.inspections_log.messages[self._decoded :], len(self.inspections_log.messages)
        own = [message for message in new if message.key() == self.edge_id.encode()]
        self._seen += [CODEC.decode(message.value(), Inspection) for message in own]
        return list(self._seen)

    @property
    def letters(self) -> list[DeadLetter]:
        """Every dead letter of this edge's frames so far."""
        self.letters_log.read()
        found = [CODEC.decode(message.value(), DeadLetter) for message in self.letters_log.messages]
        return [letter for letter in found if self.edge_id in (letter.topic or "")]

    @property
    def reports(self) -> list[EdgeReported]:
        """Every report of this edge so far."""
        self.reports_log.read()
        found = [CODEC.decode(message.value(), EdgeReported) for message in self.reports_log.messages]
        return [report for report in found if report.edge_id == self.edge_id]

    def wait_for(self, cameras: Sequence[Camera], timeout: float = 60.0) -> list[Inspection]:
        """Wait until every frame of these cameras has its inspection; gives all inspections so far."""
        wanted = {f"{camera.camera_id}/{number}" for camera in cameras for number in range(camera.sequence)}

        def missing() -> list[str]:
            return sorted(wanted - {inspection.frame_id for inspection in self.inspections})

        with contextlib.suppress(AssertionError):
            wait_until(lambda: not missing(), "all inspections", timeout)
        lacking = missing()
        assert not lacking, f"{len(lacking)} frames without inspection, such as {lacking[:5]}"
        return self.inspections


def first_of_each(inspections: Sequence[Inspection]) -> list[Inspection]:
    """What a reader that drops repeats by camera and high-water mark keeps; fails when a camera's order is broken."""
    marks: dict[str, int] = {}
    kept = []
    for inspection in inspections:
        mark = marks.get(inspection.camera_id, -1)
        if inspection.sequence > mark:
            assert inspection.sequence == mark + 1, f"{inspection.frame_id} came after {mark}: frames between are lost"
            marks[inspection.camera_id] = inspection.sequence
            kept.append(inspection)
    return kept


class EdgeProcess:
    """`linewatch edge` in a process of its own."""

    def __init__(self, line: Line, instance: str, log: Path, arguments: Sequence[str]) -> None:
        self.instance, self._log = instance, log
        environment: Mapping[str, str] = {
            **os.environ,
            "LINEWATCH_BOOTSTRAP_SERVERS": line.settings.bootstrap_servers,
            "LINEWATCH_DATA_DIR": str(line.settings.data_dir),
            "PYTHONPATH": str(REPO),
        }
        command = (sys.executable, "-m", "infra.cli", "edge", "--edge", line.edge_id, "--instance", instance)
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from infra.cli import main; main()", *command[3:], *arguments],
                env=environment,
                cwd=log.parent,
                stdout=sink,
                stderr=sink,
            )

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self._log.read_text()

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(30)

    def stop(self) -> int:
        """Ask it to end; gives its exit code."""
        self.process.terminate()
        return self.process.wait(60)


@contextlib.contextmanager
def edge_process(line: Line, instance: str, log: Path, *arguments: str) -> Iterator[EdgeProcess]:
    """A running edge process, killed at the end if it still runs; its log is shown when the test fails."""
    process = EdgeProcess(line, instance, log, arguments)
    try:
        yield process
    except BaseException:
        sys.stderr.write(process.log)
        raise
    finally:
        if process.process.poll() is None:
            process.kill()


@contextlib.contextmanager
def open_line(settings: Settings, edge_id: str) -> Iterator[Line]:
    """Topics and clients for one edge."""
    admin = AdminClient({"bootstrap.servers": settings.bootstrap_servers, **_QUIET})
    apply_topics(admin, settings, [edge_id])
    ensure_edge_topics(admin, edge_id, settings)
    producer = Producer(
        {
            "bootstrap.servers": settings.bootstrap_servers,
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            **_QUIET,
        }
    )
    with contextlib.ExitStack() as clients:
        logs = [clients.enter_context(_records(settings, topic)) for topic in _WATCHED]
        yield Line(settings, edge_id, producer, *logs)
        producer.flush(10)


_WATCHED = (INSPECTIONS.name, DEAD_LETTERS.name, EDGE_REPORTED.name)


@contextlib.contextmanager
def _records(settings: Settings, topic: str) -> Iterator[Records]:
    consumer = Consumer(
        {
            "bootstrap.servers": settings.bootstrap_servers,
            "group.id": f"line-{os.getpid()}",
            "enable.auto.commit": False,
            "isolation.level": "read_uncommitted",
            **_QUIET,
        }
    )
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    starts = []
    for partition in partitions:
        _, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        starts.append(TopicPartition(topic, partition, high))
    consumer.assign(starts)
    try:
        yield Records(consumer)
    finally:
        consumer.close()
