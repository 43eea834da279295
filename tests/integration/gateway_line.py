"""Gateways as processes, for tests that kill them, and what then lies in Kafka."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from confluent_kafka import Consumer, KafkaException, TopicPartition

from infra.kafka import key_partition, make_admin, make_consumer
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.codec import Codec
from schemas.records import Frame
from schemas.topics import FRAMES
from tests.paths import REPO

CODEC: Final = Codec()


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 120.0) -> None:
    """Wait for something observable; fails naming it."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.02)  # between two looks at the condition


def draw_files(folder: Path, count: int, edge: int = 64) -> list[Path]:
    """Write `count` different small JPEG files."""
    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(count)
    files = []
    for number in range(count):
        image = noise.integers(0, 255, (edge, edge, 3), dtype=np.uint8)
        files.append(folder / f"{number:06}.jpg")
        files[-1].write_bytes(cv2.imencode(".jpg", image)[1].tobytes())
    return files


def prepare(bootstrap_servers: str, data_dir: Path, edge: str, **more: Any) -> Settings:
    """Settings of a gateway whose topics exist."""
    settings = Settings(bootstrap_servers=bootstrap_servers, data_dir=data_dir, **more)
    apply_topics(make_admin(settings), settings, [edge])
    return settings


def environment(settings: Settings) -> dict[str, str]:
    """The environment that gives a process these settings."""
    own = {
        "LINEWATCH_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "LINEWATCH_DATA_DIR": str(settings.data_dir),
        "LINEWATCH_SPOOL_CAP_BYTES": str(settings.spool_cap_bytes),
        "LINEWATCH_SPOOL_DROP": settings.spool_drop,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINEWATCH_")}
    return {**kept, **own, "PYTHONPATH": str(REPO)}


class GatewayProcess:
    """One `linewatch gateway`, or another module that behaves like it."""

    def __init__(self, settings: Settings, *arguments: str, module: str = "infra.cli") -> None:
        words = ["gateway", *arguments, "--json"] if module == "infra.cli" else list(arguments)
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            cwd=settings.data_dir.parent,
            env=environment(settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.communicate(timeout=30)

    def terminate(self) -> None:
        """Ask it to stop."""
        self._process.terminate()

    def end(self, timeout: float = 180.0) -> tuple[int, dict[str, Any], str]:
        """Wait for its end: exit code, report, and what it said."""
        out, err = self._process.communicate(timeout=timeout)
        return self._process.returncode, json.loads(out) if out.strip() else {}, err

    def stop(self) -> None:
        """Leave nothing running."""
        if self.running:
            self.kill()


@contextmanager
def gateway_process(settings: Settings, *arguments: str, module: str = "infra.cli") -> Iterator[GatewayProcess]:
    """A gateway that is not left running."""
    process = GatewayProcess(settings, *arguments, module=module)
    try:
        yield process
    finally:
        process.stop()


def end_of_frames(settings: Settings, edge: str, camera: str) -> int:
    """The offset behind the last record of a camera's partition; -1 while no broker answers."""
    consumer = make_consumer(settings, "test", log_level=0)
    try:
        return int(consumer.get_watermark_offsets(_partition(edge, camera), timeout=5)[1])
    except KafkaException:
        return -1
    finally:
        consumer.close()


def read_frames(settings: Settings, edge: str, camera: str, *, committed: bool = True) -> list[Frame]:
    """Every frame of a camera from the beginning on, as a reader of committed or of all records gets them."""
    isolation = "read_committed" if committed else "read_uncommitted"
    consumer = make_consumer(settings, "test", isolation_level=isolation, enable_partition_eof=True, log_level=0)
    try:
        consumer.assign([TopicPartition(FRAMES.of(edge), _partition(edge, camera).partition, 0)])
        return [frame for frame in _until_end(consumer) if frame.camera_id == camera]
    finally:
        consumer.close()


def _until_end(consumer: Consumer) -> Iterator[Frame]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        message = consumer.poll(1.0)
        if message is not None and message.error() is not None:
            return
        if message is not None:
            yield CODEC.decode(message.value(), Frame)
    raise AssertionError("the topic has no end")


def _partition(edge: str, camera: str) -> TopicPartition:
    return TopicPartition(FRAMES.of(edge), key_partition(camera, FRAMES.partitions))
