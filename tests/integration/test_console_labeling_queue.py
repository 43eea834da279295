"""The whole circle: inspections become tasks, people at the console answer them, the queue closes or asks again."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.kafka import make_producer
from infra.settings import Settings
from schemas.codec import Codec
from schemas.records import EdgePolicy, LabelingTask, Record
from schemas.topics import EDGE_POLICIES, INSPECTIONS, LABELING_TASKS, Topic
from tests.conftest import StartCluster
from tests.integration.console_line import ConsoleLine, Person, decision
from tests.integration.edge_line import wait_until
from tests.integration.factory import Factory, running_factory
from tests.streams.labeling_queue.made import CAMERA, EDGE, inspected

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
CODEC = Codec()


@pytest.fixture
def factory(start_cluster: StartCluster, tmp_path: Path) -> Iterator[Factory]:
    with running_factory(start_cluster(), tmp_path) as made:
        made.prepare(EDGE)
        made.start("ticks", "streams", "ticks")
        made.start("labeling", "streams", "labeling")
        yield made


@pytest.fixture
def line(factory: Factory) -> Iterator[ConsoleLine]:
    settings = Settings(bootstrap_servers=factory.settings.bootstrap_servers, data_dir=factory.folder / "console")
    settings.data_dir.mkdir()
    with ConsoleLine(settings, EDGE) as line:
        yield line


def send(factory: Factory, topic: Topic, *records: Record) -> None:
    producer = make_producer(factory.settings)
    for record in records:
        producer.produce(topic.name, key=EDGE, value=CODEC.encode(record))
    assert producer.flush(60) == 0


def task_of(person: Person, frame_id: str) -> Callable[[], dict[str, Any] | None]:
    """What finds the person's task about a frame, None while there is none."""

    def find() -> dict[str, Any] | None:
        claimed = person.post("/api/label/claim", {"edge_id": EDGE, "count": 10}).raise_for_status().json()["tasks"]
        return next((task for task in claimed if task["frame_id"] == frame_id), None)

    return find


def taken(person: Person, frame_id: str) -> dict[str, Any]:
    """The person's task about a frame, once there is one."""
    find = task_of(person, frame_id)
    wait_until(lambda: find() is not None, f"{frame_id} for somebody", timeout=120)
    task = find()
    assert task is not None
    return task


def test_a_disagreement_goes_round_until_a_third_person_decides(factory: Factory, line: ConsoleLine) -> None:
    policy = EdgePolicy(
        edge_id=EDGE,
        revision=1,
        set_by="t",
        set_at_us=0,
        sample_rate=0.0,
        second_label_rate=1.0,
        classes=["good", "scratch", "dent"],
    )
    send(factory, EDGE_POLICIES, policy)
    now_us = time.time_ns() // 1000
    send(factory, INSPECTIONS, inspected(1, at_us=now_us), inspected(2, "pass", at_us=now_us + 1))
    ann, bo, cy = (line.person(name) for name in ("ann", "bo", "cy"))
    frame, wished = f"{CAMERA}/1", f"{CAMERA}/2"

    first = taken(ann, frame)
    assert (first["round"], first["verdict"], first["classes"]) == ("first", "review", policy.classes)
    ann.post("/api/label/submit", decision(first, "scratch")).raise_for_status()
    second = taken(bo, frame)
    assert (second["round"], second["verdict"], second["prediction"]) == ("second", None, None)
    assert task_of(ann, frame)() is None
    bo.post("/api/label/submit", decision(second, "dent")).raise_for_status()
    third = taken(cy, frame)
    assert (third["round"], {one["label"] for one in third["earlier"]}) == ("adjudication", {"scratch", "dent"})
    cy.post("/api/label/submit", decision(third, "dent")).raise_for_status()

    # Somebody asks for a frame that passed long ago, as far as the queue is concerned.
    wish = {"edge_id": EDGE, "frame_ids": [wished], "note": "why did it pass?"}
    assert ann.post("/api/labeling-requests", wish).raise_for_status().json()["frames"] == 1
    asked = taken(ann, wished)
    assert asked["reason"] == "request"
    ann.post("/api/label/submit", {**decision(asked), "outcome": "unusable", "label": None, "boxes": []})

    def states() -> dict[str, str]:
        records = factory._records(LABELING_TASKS.name, LABELING_TASKS.partitions, LabelingTask)
        return {task.frame_id: f"{task.round} {task.state}" for task in records if task.edge_id == EDGE}

    closed = {frame: "adjudication closed", wished: "first closed"}
    wait_until(lambda: states() == closed, "everything closed", timeout=120)
    assert [(label.labeler, label.round, label.label) for label in line.labels()] == [
        ("ann", "first", "scratch"),
        ("bo", "second", "dent"),
        ("cy", "adjudication", "dent"),
        ("ann", "first", None),
    ]
    detail = f"/api/inspections/{frame}"
    wait_until(lambda: (ann.get(detail)["label"] or {}).get("label") == "dent", "the label that counts")
    assert [label["label"] for label in ann.get(detail)["labels"]] == ["scratch", "dent", "dent"]
