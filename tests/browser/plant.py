"""A plant for browser tests: a real broker, a real console process, real frames, tasks as the queue announces them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np

from consumers.console.auth import people, sessions
from consumers.console.auth.cookies import SESSION_COOKIE
from consumers.console.auth.passwords import Passwords
from consumers.console.auth.people import Profile
from consumers.console.database import Database, open_database
from consumers.console.permissions import Role
from infra.kafka import key_partition, make_admin, make_producer
from infra.schema_topic import publish_schemas
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.codec import Codec
from schemas.records import EdgePolicy, FrameLocation, Label, LabelingTask
from schemas.topics import EDGE_POLICIES, FRAMES
from tests.conftest import Broker
from tests.integration.console_line import PASSWORD, ConsoleLine
from tests.producers.camera_in_kafka import Camera

CODEC = Codec()
WIDTH, HEIGHT = 400, 300
CLASSES = ["good", "scratch", "dent"]


class _Admin:
    """Who adds people."""

    name = "test"
    role = "test"
    address = None


def picture(number: int) -> bytes:
    """A JPEG of 400 x 300 pixels with its number on it, so that no two are alike."""
    image = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    cv2.circle(image, (100, 80), 30, (200, 200, 200), -1)
    cv2.rectangle(image, (220, 150), (340, 240), (130, 160, 190), -1)
    cv2.putText(image, str(number), (20, 280), cv2.FONT_HERSHEY_SIMPLEX, 2, (255, 255, 255), 3)
    done, data = cv2.imencode(".jpg", image)
    assert done
    return bytes(data)


@dataclass
class Plant:
    """One console over one broker; every test brings its own edges, so that nobody sees another's tasks."""

    settings: Settings
    console: ConsoleLine = field(init=False)

    def __post_init__(self) -> None:
        self.console = ConsoleLine(self.settings, "nobody")

    @property
    def url(self) -> str:
        return self.console.url

    @cached_property
    def database(self) -> Database:
        """The console's own database, for putting people in."""
        return open_database(self.settings)

    def person(self, name: str, role: Role = "inspector", **more: Any) -> None:
        """Add somebody who signs in with PASSWORD."""
        profile = Profile(name=name, full_name=more.pop("full_name", name.title()), role=role, **more)
        now = time.time_ns() // 1000
        with self.database.write() as session:
            people.add(session, profile, Passwords().hash(PASSWORD), by=_Admin(), at_us=now, must_change=False)

    def session_of(self, name: str) -> dict[str, str]:
        """The cookie of a fresh session."""
        with self.database.write() as session:
            secret = sessions.start(session, name, time.time_ns() // 1000, "127.0.0.1")
        return {"name": SESSION_COOKIE, "value": secret, "url": self.url}

    def edge(self, name: str, frames: int = 0, **policy: Any) -> "Edge":
        """An edge with its policy and so many frames in Kafka."""
        apply_topics(make_admin(self.settings), self.settings, [name])
        made = Edge(self.settings, name)
        made.set_policy(**policy)
        made.capture(frames)
        return made


@dataclass
class Edge:
    """An edge whose frames lie in Kafka, and what is asked about them."""

    settings: Settings
    name: str
    locations: list[FrameLocation] = field(default_factory=list)

    def set_policy(self, **changes: Any) -> None:
        """Say what people may say; classes good, scratch and dent unless told otherwise."""
        values: dict[str, Any] = {"classes": CLASSES, "line": "Line A", "guide": {"scratch": "A thin bright line."}}
        policy = EdgePolicy(edge_id=self.name, revision=1, set_by="t", set_at_us=0, **{**values, **changes})
        self._send(EDGE_POLICIES.name, policy, key=self.name)

    def capture(self, count: int) -> None:
        """Frames 0 to `count` - 1 of the edge's camera, by the gateway's own code, in one transaction."""
        if not count:
            return
        images = [(number, picture(number)) for number in range(count)]
        camera = Camera(self.settings, self.name)
        camera.write(*images)
        partition = key_partition(self.name, FRAMES.partitions)
        for number, image in images:
            digest = sha256(image).hexdigest()
            where = FrameLocation(topic=FRAMES.of(self.name), partition=partition, offset=number, sha256=digest)
            self.locations.append(where)

    def task(self, number: int, **changes: Any) -> LabelingTask:
        """An open task about a captured frame; lower numbers come first."""
        console = ConsoleLine(self.settings, self.name, port=0)
        made = console.task(number, camera_id=self.name, frame=self.locations[number], priority=1000.0 - number)
        values = {"task_id": f"{self.name}/{number}/{changes.get('round', 'first')}", **changes}
        return msgspec.structs.replace(made, **values)

    def ask(self, *tasks: LabelingTask) -> None:
        """Announce tasks."""
        ConsoleLine(self.settings, self.name, port=0).publish(*tasks)

    def ask_all(self, **changes: Any) -> None:
        """Ask about every captured frame."""
        self.ask(*(self.task(number, **changes) for number in range(len(self.locations))))

    def labels(self) -> list[Label]:
        """Every record of this edge in the topic `labels`, in order, repeats included."""
        return ConsoleLine(self.settings, self.name, port=0).labels()

    def frame(self, number: int) -> str:
        """A frame's id."""
        return f"{self.name}/{number}"

    def _send(self, topic: str, record: EdgePolicy, key: str) -> None:
        producer = make_producer(self.settings)
        producer.produce(topic, key=key, value=CODEC.encode(record))
        assert producer.flush(30) == 0


def plant_settings(broker: Broker, folder: Path) -> Settings:
    """Settings of a console over this broker that keeps its things in `folder`."""
    return Settings(bootstrap_servers=broker.bootstrap_servers, data_dir=folder, kafka={"log_level": "0"})


@contextmanager
def running_plant(settings: Settings) -> Iterator[Plant]:
    """Topics, schemas and a running console; its process ends with the block."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    apply_topics(make_admin(settings), settings, [])
    publish_schemas(settings)
    plant = Plant(settings)
    with plant.console:
        yield plant
    if "database" in plant.__dict__:
        plant.database.close()
