"""labeling_queue killed under load: every task ends in the state that the pure step computes from the topics."""

import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.kafka import make_producer
from schemas.codec import Codec
from schemas.records import EdgePolicy, Inspection, Label, LabelingTask, Record, Verdict
from schemas.topics import EDGE_POLICIES, INSPECTIONS, LABELING_TASKS, LABELS, Topic
from streams.labeling_queue.announce import task_record
from streams.labeling_queue.events import Answered, Event, rule_of
from streams.labeling_queue.room import announced
from streams.labeling_queue.state import encode_state
from streams.labeling_queue.step import step
from tests.conftest import StartCluster
from tests.integration.factory import Factory, eventually, running_factory
from tests.streams.labeling_queue.made import inspected, labeled

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

CODEC = Codec()
VERDICTS: tuple[Verdict, ...] = ("pass", "fail", "review")
EDGES = tuple(f"press-{number}" for number in range(4))
PEOPLE = ("ann", "bob", "eve", "joe", "kim", "lee", "mia", "ned", "oda")
ENOUGH = 250  # frames of an edge: all its closed ones are still remembered


@pytest.fixture
def factory(start_cluster: StartCluster, tmp_path: Path) -> Iterator[Factory]:
    with running_factory(start_cluster(), tmp_path) as made:
        made.prepare()
        made.start("ticks", "streams", "ticks")
        yield made


def policy(edge: str) -> EdgePolicy:
    return EdgePolicy(
        edge_id=edge, revision=1, set_by="t", set_at_us=0, sample_rate=0.2, second_label_rate=0.5, queue_cap=500
    )


class Shift:
    """A line that inspects and people who answer what is open, each question once, until it is stopped."""

    def __init__(self, factory: Factory, seed: int, pause: float = 0.4) -> None:
        """`pause`: seconds between two frames of an edge; there must be frames left when the last kill was survived."""
        self._factory = factory
        self._pause = pause
        self._random = random.Random(seed)
        self._producer = make_producer(factory.settings, linger_ms=5)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._answered: set[str] = set()
        self.inspections: dict[str, list[Inspection]] = {edge: [] for edge in EDGES}
        self.labels: dict[str, list[Label]] = {edge: [] for edge in EDGES}
        for edge in EDGES:
            self._send(EDGE_POLICIES, edge, policy(edge))
        assert self._producer.flush(60) == 0

    def __enter__(self) -> "Shift":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        assert self._producer.flush(120) == 0

    def _send(self, topic: Topic, edge: str, record: Record) -> None:
        self._producer.produce(topic.name, key=edge, value=CODEC.encode(record))
        self._producer.poll(0)

    def _run(self) -> None:
        number = 0
        while not self._stopped.wait(self._pause):
            if number < ENOUGH:
                for edge in EDGES:
                    self._inspect(edge, number)
                number += 1
            for task in read_tasks(self._factory).values():
                if task.state != "closed" and self._random.random() < 0.3:
                    self.answer(task)

    def _inspect(self, edge: str, number: int) -> None:
        verdict = self._random.choice(VERDICTS)
        seen = inspected(number, verdict, edge=edge, camera=f"{edge}-top", margin=self._random.choice((0.01, 0.4)))
        for _ in range(2 if self._random.random() < 0.1 else 1):
            self._send(INSPECTIONS, edge, seen)
        self.inspections[edge].append(seen)

    def answer(self, task: LabelingTask) -> None:
        """Answer a task in the state it is in, once; now and then the label is sent twice."""
        if task.event_id in self._answered:
            return
        self._answered.add(task.event_id)
        people = [person for person in PEOPLE if person not in task.excluded_labelers]
        label = labeled(
            task.task_id,
            self._random.choice(("good", "dent")),
            labeler=self._random.choice(people),
            token=task.revision,
            outcome=self._random.choice(("labeled", "labeled", "labeled", "unsure", "unusable")),
            edge=task.edge_id,
        )
        for _ in range(2 if self._random.random() < 0.1 else 1):
            self._send(LABELS, task.edge_id, label)
        self.labels[task.edge_id].append(label)

    def truth(self) -> dict[str, LabelingTask]:
        """What the pure step makes of all that was sent: how labels and inspections interleave does not matter here."""
        found = {}
        for edge in EDGES:
            state: bytes | None = None
            labels: list[Event] = [Answered(label, offset) for offset, label in enumerate(self.labels[edge])]
            for event in (rule_of(policy(edge)), *self.inspections[edge], *labels):
                queue, _ = step(edge, state, [event])
                announced(queue)
                state = encode_state(queue)
            for frame_id, task in {**queue.open, **queue.closed}.items():
                found[frame_id] = task_record(edge, frame_id, task)
        return found


def read_tasks(factory: Factory) -> dict[str, LabelingTask]:
    """The latest record of each frame, as the compacted topic keeps it."""
    records = factory._records(LABELING_TASKS.name, LABELING_TASKS.partitions, LabelingTask)
    return {task.frame_id: task for task in records}


def moved_on(factory: Factory) -> Callable[[], bool]:
    """A condition: more task records than now."""

    def count() -> int:
        return sum(task.revision for task in read_tasks(factory).values())

    before = count()
    return lambda: count() > before


def expect_exact(factory: Factory, shift: Shift) -> None:
    """Every task is in the state the pure step computes, and the counts are those of the labels."""
    truth = shift.truth()
    assert truth

    def differences() -> list[object]:
        found = read_tasks(factory)
        return [(found.get(frame), task) for frame, task in truth.items() if found.get(frame) != task]

    eventually(lambda: not differences(), lambda: (differences()[:2], factory.log("labeling")))
    assert read_tasks(factory).keys() == truth.keys()
    decided = sum(label.outcome in ("labeled", "unusable") for labels in shift.labels.values() for label in labels)

    def counted() -> int:
        return sum(record.labels for record in factory.statistics() if record.writer.startswith("labeling_queue"))

    eventually(lambda: counted() == decided, lambda: (counted(), decided))
    assert factory.dead_letters() == []


def kill_again_and_again(factory: Factory, kills: int, seed: int, pause: float = 0.4) -> None:
    factory.start("labeling", "streams", "labeling")
    with Shift(factory, seed, pause) as shift:
        factory.kill_again_and_again("labeling", moved_on, kills, seed)
        shift.stop()
        expect_exact(factory, shift)


def test_killed_five_times_under_load_the_queue_is_intact(factory: Factory) -> None:
    kill_again_and_again(factory, 5, seed=1)


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_killed_20_times_under_load_the_queue_is_intact(factory: Factory) -> None:
    kill_again_and_again(factory, 20, seed=2, pause=1.5)


def test_a_second_worker_takes_its_share_and_takes_over(factory: Factory) -> None:
    factory.start("labeling", "streams", "labeling", "--instance", "one")
    with Shift(factory, 3) as shift:
        factory.hand_over("labeling", moved_on)
        shift.stop()
        expect_exact(factory, shift)
