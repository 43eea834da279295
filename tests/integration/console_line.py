"""A console as its own process on a real broker, people who are signed in, tasks as the queue would announce them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
from confluent_kafka import Message
from confluent_kafka.admin import AdminClient

from consumers.console.auth import people, sessions
from consumers.console.auth.cookies import CSRF_COOKIE, CSRF_HEADER, SESSION_COOKIE
from consumers.console.auth.passwords import Passwords
from consumers.console.auth.people import Profile
from consumers.console.auth.secret_tokens import csrf_of
from consumers.console.database import open_database
from consumers.console.migrating import migrate
from consumers.console.permissions import Role
from infra.kafka import key_partition, make_producer, read_to_end
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.codec import Codec
from schemas.records import FrameLocation, Label, LabelingTask
from schemas.topics import LABELING_TASKS, LABELS, Topic
from tests.integration.edge_line import wait_until
from tests.paths import REPO

CODEC = Codec()
PASSWORD = "correct horse battery staple"


class _Test:
    """Who adds people."""

    name = "test"
    role = "test"
    address = None


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@dataclass
class Person:
    """One signed-in browser, without a browser."""

    client: httpx2.Client
    csrf: str

    def get(self, path: str) -> Any:
        """JSON of a GET that succeeds."""
        return self.client.get(path).raise_for_status().json()

    def post(self, path: str, body: Any) -> httpx2.Response:
        """The answer to a POST, whatever it is; raises when there is no server."""
        return self.client.post(path, json=body, headers={CSRF_HEADER: self.csrf})


@dataclass
class ConsoleLine:
    """An edge of its own, a console process that a test may kill, and its people."""

    settings: Settings
    edge_id: str
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    clients: list[httpx2.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.settings.data_dir / "console.log"

    def start(self) -> None:
        """Start the console and wait until it answers."""
        environment = {
            **os.environ,
            "LINEWATCH_BOOTSTRAP_SERVERS": self.settings.bootstrap_servers,
            "LINEWATCH_DATA_DIR": str(self.settings.data_dir),
            "LINEWATCH_CONSOLE_PORT": str(self.port),
            "LINEWATCH_LEASE_SECONDS": str(self.settings.lease_seconds),
            "PYTHONPATH": str(REPO),
        }
        command = [sys.executable, "-c", "from infra.cli import main; main()", "console"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=environment, cwd=self.settings.data_dir, stdout=log, stderr=subprocess.STDOUT
            )
        wait_until(self.answers, f"the console answers; {self.log} says why not")

    def answers(self) -> bool:
        """Whether the console answers and has caught up with tasks; fails when its process ended."""
        assert self.process is None or self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            ready = httpx2.get(f"{self.url}/readyz", timeout=2.0).json()
            return ready["ready"] and ready["projection"] != "starting" and not ready["catching_up"]
        except httpx2.HTTPError:
            return False

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def person(self, name: str, role: Role = "inspector", skills: tuple[str, ...] = ()) -> Person:
        """Add a person and sign them in."""
        database = open_database(self.settings)
        migrate(database)
        at_us = time.time_ns() // 1000
        with database.write() as session:
            profile = Profile(name=name, full_name=name.title(), role=role, skills=skills)
            people.add(session, profile, Passwords().hash(PASSWORD), by=_Test(), at_us=at_us, must_change=False)
            secret = sessions.start(session, name, at_us, "127.0.0.1")
        database.close()
        cookies = {SESSION_COOKIE: secret, CSRF_COOKIE: csrf_of(secret)}
        self.clients.append(httpx2.Client(base_url=self.url, cookies=cookies, timeout=10.0))
        return Person(self.clients[-1], csrf_of(secret))

    def task(self, number: int, **changes: Any) -> LabelingTask:
        """An open task about frame `<edge>-cam/<number>`, as the queue would announce it."""
        camera_id = f"{self.edge_id}-cam"
        values: dict[str, Any] = {
            "task_id": f"{camera_id}/{number}/{changes.get('round', 'first')}",
            "edge_id": self.edge_id,
            "camera_id": camera_id,
            "sequence": number,
            "captured_at_us": 1_764_000_000_000_000 + number,
            "frame": FrameLocation(topic=f"frames.{self.edge_id}", partition=0, offset=number, sha256="ab" * 32),
            "state": "opened",
            "revision": 1,
            "changed_at_us": 1_764_000_000_000_000,
            "reason": "review",
            "round": "first",
            "priority": 1.0,
        }
        return LabelingTask(**{**values, **changes})

    def publish(self, *tasks: LabelingTask) -> None:
        """Announce tasks."""
        partition = key_partition(self.edge_id, LABELING_TASKS.partitions)
        producer = make_producer(self.settings)
        for task in tasks:
            producer.produce(LABELING_TASKS.name, key=task.frame_id, value=CODEC.encode(task), partition=partition)
        assert producer.flush(30) == 0

    def labels(self) -> list[Label]:
        """Every record of this edge in `labels`, repeats included, in order."""
        partition = key_partition(self.edge_id, LABELS.partitions)
        found = [CODEC.decode(value, Label) for value in _values(self.settings, LABELS, partition)]
        return [label for label in found if label.edge_id == self.edge_id]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self.clients:
            client.close()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


def _values(settings: Settings, topic: Topic, partition: int) -> Iterator[bytes]:
    message: Message
    for message in read_to_end(settings, topic.name, partition):
        value = message.value()
        if value is not None:
            yield value


@contextlib.contextmanager
def open_console_line(settings: Settings, edge_id: str) -> Iterator[ConsoleLine]:
    """Topics and a running console; its process ends with the block."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    apply_topics(AdminClient({"bootstrap.servers": settings.bootstrap_servers, "log_level": 0}), settings, [edge_id])
    with ConsoleLine(settings, edge_id) as line:
        yield line


def decision(task: dict[str, Any], label: str = "scratch") -> dict[str, Any]:
    """The body of a submit."""
    return {
        "task_id": task["task_id"],
        "fencing_token": task["lease"]["fencing_token"],
        "outcome": "labeled",
        "label": label,
        "boxes": [{"label": label, "x": 1, "y": 2, "w": 3, "h": 4}],
        "image_width": 640,
        "image_height": 480,
        "note": None,
        "seconds_taken": 1.0,
        "prediction_shown": False,
    }
