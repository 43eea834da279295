"""One bundle: decoded, stepped, sent, stored, in that order; nothing is dropped in silence."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from faust.types import TP
from prometheus_client import CollectorRegistry

from infra.blobs import BlobStore
from schemas.codec import Codec
from schemas.records import DeadLetter, EdgePolicy, EdgeStatistics, Tick
from streams.line_statistics import processor as module
from streams.line_statistics.events import Counted
from streams.line_statistics.metrics import StatisticsMetrics
from streams.line_statistics.processor import Processor, TopicNames
from streams.line_statistics.state import StateVersionError
from streams.line_statistics.step import step
from streams.outputs import Output
from streams.state_table import NEVER, Stamped
from tests.streams.line_statistics.made import EDGE, MINUTE, START, counted, inspection

CODEC = Codec()
NAMES = TopicNames()


class World:
    """Everything around a processor, in memory, noting what happens in which order."""

    def __init__(self) -> None:
        self.happened: list[str] = []
        self.outputs: list[Output] = []
        self.stored: dict[bytes, Stamped] = {}
        self.policies: dict[str, EdgePolicy] = {}
        self.generation = 1
        self.present = True
        self.offset = 0
        self.moves_on = False
        self.member = True
        table: Any = SimpleNamespace(load=self.load, save=self.save, scan=self.scan)
        policies: Any = SimpleNamespace(get=self.policies.get)
        self.metrics = StatisticsMetrics(CollectorRegistry())
        self.processor = Processor(
            self, table, cast("Any", self), policies, CODEC, BlobStore("memory://dead"), self.metrics, NAMES
        )

    def caught_up(self, tp: TP) -> bool:
        return self.present

    async def confirmed(self) -> bool:
        return self.member

    def load(self, _event: Any, key: bytes) -> Stamped:
        return self.stored.get(key, NEVER)

    def save(self, _event: Any, key: bytes, stamped: Stamped) -> "asyncio.Future[None]":
        self.happened.append("stored")
        self.stored[key] = stamped
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future

    def scan(self, _partition: int) -> list[tuple[bytes, Stamped]]:
        return list(self.stored.items())

    async def deliver(self, outputs: list[Output]) -> None:
        self.happened.append("sent")
        self.outputs += outputs
        if self.moves_on:
            self.generation += 1

    def take(self, topic: str, *values: bytes | None, key: bytes | None = EDGE.encode()) -> Any:
        records = []
        for value in values:
            records.append(
                SimpleNamespace(
                    topic=topic,
                    partition=0,
                    offset=self.offset,
                    timestamp=START // 1000,
                    timestamp_type=0,
                    key=key,
                    value=value,
                    headers=(),
                )
            )
            self.offset += 1
        message = SimpleNamespace(topic=topic, partition=0, generation_id=self.generation)
        event = SimpleNamespace(message=message, value=records)

        async def run() -> Any:
            return await self.processor.take(event)

        return asyncio.run(run())

    def inspect(self, *frames: Counted, key: bytes | None = EDGE.encode()) -> Any:
        return self.take(NAMES.inspections, *(CODEC.encode(inspection(frame)) for frame in frames), key=key)

    def tick(self, at_us: int) -> Any:
        return self.take(NAMES.ticks, CODEC.encode(Tick(at_us=at_us)), key=None)

    def sent(self, topic: str) -> list[Any]:
        return [output.record for output in self.outputs if output.topic == topic]

    def counted(self) -> int:
        state, _ = step(EDGE, self.stored[EDGE.encode()].value, ())
        return sum(minute.inspections for camera in state.cameras.values() for minute in camera.minutes)


@pytest.fixture
def world() -> World:
    return World()


def test_outputs_are_sent_before_the_state_is_stored(world: World) -> None:
    futures = world.inspect(counted(1), counted(3))
    assert world.happened == ["sent", "stored"]
    assert len(futures) == 1
    assert [alarm.value for alarm in world.sent(NAMES.alarms)] == [1.0]


def test_when_the_group_moved_on_meanwhile_nothing_is_stored(world: World) -> None:
    world.moves_on = True
    assert world.inspect(counted(1), counted(3)) is None
    assert world.stored == {}


def test_a_worker_that_lost_its_partitions_while_suspended_says_nothing(world: World) -> None:
    world.member = False
    assert world.inspect(counted(1), counted(3)) is None
    assert world.happened == []


def test_each_write_is_the_successor_of_the_last(world: World) -> None:
    world.inspect(counted(1))
    world.generation = 2
    world.inspect(counted(2))
    assert world.stored[EDGE.encode()][:2] == (2, 1)
    assert world.counted() == 2


def test_garbage_and_strays_are_dead_letters_and_the_rest_is_counted(world: World) -> None:
    good = CODEC.encode(inspection(counted(1)))
    world.take(NAMES.inspections, b"garbage", None, good)
    world.inspect(counted(2), key=b"another-edge")
    world.inspect(counted(2), key=None)
    letters: list[DeadLetter] = world.sent(NAMES.dead_letters)
    assert [letter.offset for letter in letters] == [0, 1, 3, 4]
    assert letters[0].raw == b"garbage"
    assert all(letter.reader == "line_statistics" and letter.at_us == START for letter in letters)
    assert "another-edge" in letters[2].reason
    assert world.counted() == 1


def test_an_impossible_frame_is_a_dead_letter_with_its_own_bytes(world: World) -> None:
    world.inspect(counted(5), counted(2, epoch=9), counted(6))
    (letter,) = world.sent(NAMES.dead_letters)
    assert letter.raw == CODEC.encode(inspection(counted(2, epoch=9)))
    assert letter.kind == "ImpossibleEvent"
    assert world.counted() == 2


def test_an_event_no_step_survives_is_a_dead_letter_and_the_others_count(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = step

    def fragile(edge_id: str, state: bytes | None, events: Any) -> Any:
        if any(isinstance(event, Counted) and event.sequence == 2 for event in events):
            raise ZeroDivisionError("a bug")
        return real(edge_id, state, events)

    monkeypatch.setattr(module, "step", fragile)
    world.inspect(counted(1), counted(2), counted(3))
    (letter,) = world.sent(NAMES.dead_letters)
    assert "ZeroDivisionError: a bug" in letter.reason
    assert letter.offset == 1
    assert world.counted() == 2


def test_a_state_that_can_not_be_read_stops_the_processor(world: World) -> None:
    world.stored[EDGE.encode()] = Stamped(0, 0, b"\x63")
    with pytest.raises(StateVersionError):
        world.inspect(counted(1))
    assert world.happened == []


def test_a_tick_publishes_what_changed_and_leaves_edges_at_rest(world: World) -> None:
    world.inspect(counted(1))
    world.tick(START)
    published: list[EdgeStatistics] = world.sent(NAMES.statistics)
    assert {record.camera_id: record.inspections for record in published} == {"cam-1": 1, "*": 0}
    before = len(world.happened)
    world.tick(START + 1_000_000)
    assert len(world.happened) == before


def test_a_tick_seen_before_changes_nothing_and_garbage_among_ticks_is_a_dead_letter(world: World) -> None:
    world.tick(START)
    world.inspect(counted(1))
    assert world.tick(START) == []
    assert world.sent(NAMES.statistics) == []
    world.take(NAMES.ticks, b"nonsense", key=None)
    assert len(world.sent(NAMES.dead_letters)) == 1


def test_after_partitions_are_dealt_anew_the_next_tick_still_publishes(world: World) -> None:
    world.inspect(counted(1))
    world.generation = 2
    world.tick(START)
    assert [record.camera_id for record in world.sent(NAMES.statistics)] == ["*", "cam-1"] or {
        record.camera_id for record in world.sent(NAMES.statistics)
    } == {"cam-1", "*"}


def test_a_policy_reaches_the_state_and_parts_wait_for_its_cameras(world: World) -> None:
    world.policies[EDGE] = EdgePolicy(
        edge_id=EDGE, revision=4, set_by="t", set_at_us=0, cameras=["a", "b"], part_deadline_us=2_000_000
    )
    world.inspect(counted(1, camera="a", part="p"))
    state, _ = step(EDGE, world.stored[EDGE.encode()].value, ())
    assert (state.rule.revision, state.rule.cameras) == (4, ["a", "b"])
    world.present = False  # lagging: nothing grows older
    for second in range(10, 20):
        world.tick(START + second * 1_000_000)
    assert not any(record.parts for record in world.sent(NAMES.statistics))
    world.present = True
    for second in range(20, 26):
        world.tick(START + second * 1_000_000)
    assert [record.parts for record in world.sent(NAMES.statistics) if record.parts] == [{"review": 1}]


def test_after_a_change_of_owner_the_minutes_kept_are_published_again(world: World) -> None:
    world.inspect(counted(1), counted(2, at_us=START + MINUTE))
    world.tick(START)
    world.tick(START + 1_000_000)
    published = {record.key for record in world.sent(NAMES.statistics)}
    assert len(published) == 4
    world.outputs.clear()
    world.tick(START + 2_000_000)
    assert world.outputs == []
    world.generation = 2  # the owner before may have been suspended, and have written older numbers meanwhile
    world.tick(START + 3_000_000)
    assert {record.key: record.inspections for record in world.sent(NAMES.statistics)}.keys() == published
    world.outputs.clear()
    world.tick(START + 4_000_000)
    assert world.outputs == []
