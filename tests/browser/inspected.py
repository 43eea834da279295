"""What an edge would say of captured frames, and what people would."""

import time
from typing import Any, Final

from infra.kafka import make_producer
from infra.settings import Settings
from schemas.records import Box, DeadLetter, EdgeReported, Inspection, Record
from schemas.topics import DEAD_LETTERS, EDGE_REPORTED, INSPECTIONS, Topic
from tests.browser.plant import CODEC, HEIGHT, WIDTH, Edge, Plant
from tests.integration.console_line import Person, decision
from tests.integration.edge_line import wait_until
from tests.streams.labeling_queue.made import MODEL, inspected

SCRATCHED: Final = Box(label="scratch", x=40, y=30, w=80, h=60, score=0.8)


def inspect(edge: Edge, number: int, **said: Any) -> Inspection:
    """Publish an edge's verdict about a captured frame: fail, with a scratch, unless told otherwise."""
    values: dict[str, Any] = {
        "verdict": "fail",
        "defect_class": "scratch",
        "score": 0.8,
        "scores": {"scratch": 0.8, "dent": 0.15},
        "boxes": [SCRATCHED],
        "frame": edge.locations[number],
        "image_width": WIDTH,
        "image_height": HEIGHT,
        **said,
    }
    made = inspected(number, camera=edge.name, edge=edge.name, at_us=time.time_ns() // 1000, **values)
    _send(edge.settings, INSPECTIONS, edge.name, made)
    return made


def report(edge: Edge, **said: Any) -> None:
    """Publish that the edge runs."""
    now_us = time.time_ns() // 1000
    values: dict[str, Any] = {"state": "running", "healthy": True, "active": MODEL, "cameras": [edge.name], **said}
    made = EdgeReported(
        edge_id=edge.name, instance="pc-1", reported_at_us=now_us, started_at_us=now_us, software="test", **values
    )
    _send(edge.settings, EDGE_REPORTED, f"{edge.name}/pc-1", made)


def label_all(edge: Edge, person: Person, labels: list[str]) -> None:
    """Ask about the edge's frames and have a person answer, frame 0 with the first label."""
    edge.ask_all()
    claim = {"edge_id": edge.name, "count": 1}
    for _ in labels:
        wait_until(lambda: bool(person.post("/api/label/claim", claim).json()["tasks"]), "a task")
        task = person.post("/api/label/claim", claim).raise_for_status().json()["tasks"][0]
        said = labels[int(task["frame_id"].rpartition("/")[2])]
        answer = {**decision(task, said), "image_width": WIDTH, "image_height": HEIGHT}
        person.post("/api/label/submit", answer).raise_for_status()
    wait_until(lambda: len(edge.labels()) == len(labels), "the labels")


def bury(plant: Plant, reader: str) -> None:
    """Publish that a reader of that name could not read something."""
    letter = DeadLetter(
        reader=reader,
        kind="UnknownSchemaError",
        reason="the schema id 99 is not known",
        origin="camera-7.jpg",
        raw=b"?",
        at_us=time.time_ns() // 1000,
    )
    _send(plant.settings, DEAD_LETTERS, reader, letter)


def _send(settings: Settings, topic: Topic, key: str, record: Record) -> None:
    producer = make_producer(settings)
    producer.produce(topic.name, key=key, value=CODEC.encode(record))
    assert producer.flush(30) == 0
