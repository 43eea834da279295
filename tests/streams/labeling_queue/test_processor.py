"""One bundle: stepped, stored, said, in that order; what was stored and not said is said by whoever comes next."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from infra.blobs import BlobStore
from infra.kafka import key_partition
from schemas.codec import Codec
from schemas.records import EdgePolicy, Inspection, Record, Tick
from streams.labeling_queue import step as module_of_step
from streams.labeling_queue.admission import admit
from streams.labeling_queue.events import Sources
from streams.labeling_queue.metrics import LabelingMetrics
from streams.labeling_queue.processor import Processor, TopicNames
from streams.labeling_queue.state import Queue, StateVersionError
from streams.labeling_queue.step import step
from streams.outputs import Output
from streams.state_table import NEVER, Stamped
from tests.streams.labeling_queue.made import CAMERA, EDGE, START, inspected, labeled, requested

CODEC = Codec()
NAMES = TopicNames()
KEY = EDGE.encode()


class World:
    """Everything around a processor, in memory, noting what happens in which order."""

    def __init__(self) -> None:
        self.happened: list[str] = []
        self.outputs: list[Output] = []
        self.stored: dict[bytes, Stamped] = {}
        self.policies: dict[str, EdgePolicy] = {EDGE: policy()}
        self.generation = 1
        self.member = True
        self.offset = 0
        self.begin()

    def begin(self) -> None:
        """A worker that knows nothing."""
        table: Any = SimpleNamespace(load=self.load, save=self.save, scan=lambda _: list(self.stored.items()))
        policies: Any = SimpleNamespace(get=self.policies.get)
        self.processor = Processor(
            cast("Any", self),
            table,
            cast("Any", self),
            policies,
            CODEC,
            BlobStore("memory://dead"),
            LabelingMetrics(CollectorRegistry()),
            NAMES,
            Sources("l", "r"),
        )

    async def confirmed(self) -> bool:
        return self.member

    async def deliver(self, outputs: list[Output]) -> None:
        self.happened.append("said")
        self.outputs += outputs

    def load(self, _event: Any, key: bytes) -> Stamped:
        return self.stored.get(key, NEVER)

    def save(self, _event: Any, key: bytes, stamped: Stamped) -> "asyncio.Future[None]":
        self.happened.append("stored")
        self.stored[key] = stamped
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.001, future.set_result, None)
        return future

    def take(self, topic: str, *records: Record | bytes, key: bytes | None = KEY) -> Any:
        values = []
        for record in records:
            value = record if isinstance(record, bytes) else CODEC.encode(record)
            values.append(
                SimpleNamespace(
                    topic=topic,
                    partition=0,
                    offset=self.offset,
                    timestamp=START // 1000,
                    key=key,
                    value=value,
                    headers=(),
                )
            )
            self.offset += 1
        message = SimpleNamespace(topic=topic, partition=0, generation_id=self.generation)
        return asyncio.run(self.processor.take(SimpleNamespace(message=message, value=values)))

    def sent(self, topic: str) -> list[Any]:
        return [output.record for output in self.outputs if output.topic == topic]


def policy(revision: int = 1, **more: Any) -> EdgePolicy:
    values = {"sample_rate": 0.0, "second_label_rate": 0.0, **more}
    return EdgePolicy(edge_id=EDGE, revision=revision, set_by="t", set_at_us=0, **values)


@pytest.fixture
def world() -> World:
    return World()


def test_a_state_is_stored_before_it_is_said(world: World) -> None:
    assert len(world.take(NAMES.inspections, inspected(1))) == 1
    assert world.happened == ["stored", "said"]
    (output,) = world.outputs
    assert (output.topic, output.key, output.partition) == (NAMES.tasks, f"{CAMERA}/1", key_partition(EDGE, 12))


def test_labels_and_requests_reach_the_queue_with_their_offsets(world: World) -> None:
    world.take(NAMES.requests, requested("r", [7]))
    world.take(NAMES.labels, labeled(f"{CAMERA}/7/first", "good"))
    assert [task.state for task in world.sent(NAMES.tasks)] == ["opened", "closed"]
    assert [minute.labels for minute in world.sent(NAMES.statistics)] == [1]
    queue, _ = step(EDGE, world.stored[KEY].value, ())
    assert (queue.requests.offset, queue.labels.offset, queue.labels.topic_id) == (0, 1, "l")


def test_inspections_that_are_nothing_to_ask_about_cost_no_write(world: World) -> None:
    world.take(NAMES.inspections, inspected(1))
    world.happened.clear()
    assert world.take(NAMES.inspections, *(inspected(number, "pass") for number in range(2, 50))) == []
    assert world.happened == []
    world.take(NAMES.inspections, inspected(50))
    queue, _ = step(EDGE, world.stored[KEY].value, ())
    assert queue.cameras[CAMERA].sequence == 50
    world.take(NAMES.requests, requested("r", from_us=0))
    world.take(NAMES.inspections, inspected(30, "pass"), inspected(51, "pass"))
    assert {task.frame_id for task in world.sent(NAMES.tasks)} == {f"{CAMERA}/{n}" for n in (1, 50, 51)}


def test_what_was_stored_and_not_said_is_said_by_the_next_worker(world: World) -> None:
    world.member = False
    assert world.take(NAMES.inspections, inspected(1)) is None
    assert (world.happened, world.outputs) == (["stored"], [])
    world.member = True
    world.begin()
    world.take(NAMES.ticks, Tick(at_us=START), key=None)
    assert [task.frame_id for task in world.sent(NAMES.tasks)] == [f"{CAMERA}/1"]
    world.take(NAMES.ticks, Tick(at_us=START + 1_000_000), key=None)
    assert len(world.outputs) == 1


def test_a_suspended_worker_steps_no_further_before_it_may_speak(world: World) -> None:
    world.member = False
    world.take(NAMES.inspections, inspected(1))
    before = world.stored[KEY]
    assert world.take(NAMES.inspections, inspected(2)) is None
    assert world.stored[KEY] == before


def test_when_the_group_moved_on_meanwhile_nothing_is_said(world: World) -> None:
    real = world.save

    def moving(event: Any, key: bytes, stamped: Stamped) -> Any:
        future = real(event, key, stamped)
        world.generation += 1
        return future

    world.processor._table.save = moving  # type: ignore[method-assign]
    assert world.take(NAMES.inspections, inspected(1)) is None
    assert world.outputs == []


def test_garbage_strays_and_the_impossible_are_dead_letters(world: World) -> None:
    world.take(NAMES.inspections, b"garbage", inspected(1), inspected(1, camera="No"))
    world.take(NAMES.labels, labeled(f"{CAMERA}/1/first"), key=b"another")
    world.take(NAMES.requests, requested("nothing"))
    letters = world.sent(NAMES.dead_letters)
    assert [letter.offset for letter in letters] == [0, 2, 3, 4]
    assert {letter.reader for letter in letters} == {"labeling_queue"}
    assert "asks for nothing" in letters[-1].reason
    assert len(world.sent(NAMES.tasks)) == 1


def test_an_event_no_step_survives_is_a_dead_letter_and_the_others_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fragile(queue: Queue, seen: Inspection) -> None:
        if seen.sequence == 2:
            queue.open.clear()
            raise ZeroDivisionError("a bug")
        admit(queue, seen)

    monkeypatch.setattr(module_of_step, "admit", fragile)
    world.take(NAMES.inspections, inspected(1), inspected(2), inspected(3))
    (letter,) = world.sent(NAMES.dead_letters)
    assert "ZeroDivisionError: a bug" in letter.reason
    assert {task.sequence for task in world.sent(NAMES.tasks)} == {1, 3}


def test_a_new_policy_takes_effect_at_the_next_tick(world: World) -> None:
    world.take(NAMES.inspections, *(inspected(number) for number in range(4)))
    world.policies[EDGE] = policy(2, queue_cap=1)
    world.take(NAMES.ticks, Tick(at_us=START), key=None)
    assert [task.state for task in world.sent(NAMES.tasks)].count("closed") == 3


def test_a_state_that_can_not_be_read_stops_the_processor(world: World) -> None:
    world.stored[KEY] = Stamped(0, 0, b"\x63")
    with pytest.raises(StateVersionError):
        world.take(NAMES.inspections, inspected(1))
