"""labeling_queue over a real Kafka: tasks open, are answered and close; killed and joined, the queue stays exact."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.kafka import key_partition, make_producer
from schemas.codec import Codec
from schemas.records import EdgePolicy, EdgeStatistics, LabelingTask, Record
from schemas.topics import EDGE_POLICIES, INSPECTIONS, LABELING_REQUESTS, LABELING_TASKS, LABELS, Topic
from tests.conftest import StartCluster
from tests.integration.factory import Factory, eventually, running_factory
from tests.streams.labeling_queue.made import CAMERA, EDGE, START, inspected, labeled, requested

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

CODEC = Codec()


@pytest.fixture
def factory(start_cluster: StartCluster, tmp_path: Path) -> Iterator[Factory]:
    with running_factory(start_cluster(), tmp_path) as made:
        made.prepare()
        made.start("ticks", "streams", "ticks")
        yield made


def send(factory: Factory, topic: Topic, *records: Record, key: str = EDGE) -> None:
    """Publish records and wait for Kafka to have them."""
    producer = make_producer(factory.settings)
    for record in records:
        producer.produce(topic.name, key=key, value=CODEC.encode(record))
    assert producer.flush(60) == 0


def policy(edge: str = EDGE, **more: object) -> EdgePolicy:
    """A policy without chance."""
    values = {"sample_rate": 0.0, "second_label_rate": 0.0, "queue_cap": 500, **more}
    return EdgePolicy(edge_id=edge, revision=1, set_by="t", set_at_us=0, **values)  # type: ignore[arg-type]


def tasks(factory: Factory, edge: str = EDGE) -> dict[str, LabelingTask]:
    """The latest task of each frame, as the compacted topic keeps it."""
    records = factory._records(LABELING_TASKS.name, LABELING_TASKS.partitions, LabelingTask)
    return {task.frame_id: task for task in records if task.edge_id == edge}


def states(factory: Factory) -> dict[str, str]:
    """Round and state of each frame's question."""
    return {frame: f"{task.round} {task.state}" for frame, task in tasks(factory).items()}


def test_questions_open_are_answered_disagreed_about_and_closed(factory: Factory) -> None:
    send(factory, EDGE_POLICIES, policy(second_label_rate=1.0, skill="scratches"))
    factory.start("labeling", "streams", "labeling")
    send(factory, INSPECTIONS, inspected(1), inspected(2, "pass"), inspected(3, "pass", margin=0.01))
    send(factory, LABELING_REQUESTS, requested("r-1", [9], skill="anyone"))
    opened = {f"{CAMERA}/{n}": "first opened" for n in (1, 3, 9)}
    eventually(lambda: states(factory) == opened, lambda: (states(factory), factory.log("labeling")))
    assert tasks(factory)[f"{CAMERA}/9"].skill == "anyone"
    send(factory, LABELS, labeled(f"{CAMERA}/3/first", "good"), labeled(f"{CAMERA}/9/first", outcome="skipped"))
    after = {f"{CAMERA}/1": "first opened", f"{CAMERA}/3": "second opened", f"{CAMERA}/9": "first reopened"}
    eventually(lambda: states(factory) == after, lambda: (states(factory), factory.log("labeling")))
    assert tasks(factory)[f"{CAMERA}/3"].excluded_labelers == ["ann"]
    send(factory, LABELS, labeled(f"{CAMERA}/3/second", "dent", labeler="bob"))
    eventually(lambda: states(factory)[f"{CAMERA}/3"] == "adjudication opened", lambda: states(factory))
    assert tasks(factory)[f"{CAMERA}/3"].skill == "expert"
    send(factory, LABELS, labeled(f"{CAMERA}/3/adjudication", "dent", labeler="eve"))
    eventually(lambda: states(factory)[f"{CAMERA}/3"] == "adjudication closed", lambda: states(factory))
    home = key_partition(EDGE, LABELING_TASKS.partitions)
    assert {place for (topic, place), found in factory._read.items() if topic == LABELING_TASKS.name and found} == {
        home
    }
    counts = [record for record in factory.statistics() if record.writer.startswith("labeling_queue")]
    assert (sum(map(labels_of, counts)), sum(record.escapes for record in counts)) == (3, 1)
    assert factory.dead_letters() == []
    factory.terminate("labeling")


def labels_of(record: EdgeStatistics) -> int:
    return record.labels


def test_it_stands_for_frames_of_now_on(factory: Factory) -> None:
    send(factory, EDGE_POLICIES, policy())
    factory.start("labeling", "streams", "labeling")
    send(factory, LABELING_REQUESTS, requested("span", from_us=START, limit=2), requested("nothing"))
    eventually(lambda: len(factory.dead_letters()) == 1, lambda: factory.log("labeling"))
    send(factory, INSPECTIONS, *(inspected(n, "pass") for n in range(5)))
    opened = {f"{CAMERA}/0": "first opened", f"{CAMERA}/1": "first opened"}
    eventually(lambda: states(factory) == opened, lambda: (states(factory), factory.log("labeling")))
