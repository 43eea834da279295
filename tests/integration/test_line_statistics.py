"""line_statistics over a real Kafka: killed, joined, cut off; its numbers must equal a plain count."""

import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from infra.kafka import make_producer, read_to_end
from schemas.codec import Codec
from schemas.headers import event_headers
from schemas.records import Alarm, EdgePolicy, EdgeStatistics, Verdict
from schemas.topics import ALARMS, EDGE_POLICIES, EDGE_STATISTICS, INSPECTIONS
from streams.line_statistics.events import Counted
from tests.conftest import StartCluster
from tests.integration.factory import Factory, eventually, running_factory
from tests.streams.line_statistics.made import MINUTE, START, Counts, counted, inspection, parts_of, plain_count, summed

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

EDGES = tuple(f"press-{number}" for number in range(5))
CAMERAS = ("left", "right")
VERDICTS: tuple[Verdict, ...] = ("pass", "pass", "pass", "fail", "review", "error")
GARBAGE = b"\xc3\x01 no record at all"
CODEC = Codec()


class Line:
    """Inspections without end from several edges: gaps, repetitions, garbage, old minutes; and what they amount to."""

    def __init__(self, factory: Factory, seed: int) -> None:
        self._producer = make_producer(factory.settings, linger_ms=5)
        self._random = random.Random(seed)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.frames: dict[str, list[Counted]] = {edge: [] for edge in EDGES}
        self.garbage = 0
        self.sent = 0

    def __enter__(self) -> "Line":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        assert self._producer.flush(120) == 0

    def _run(self) -> None:
        sequences = {(edge, camera): count(self._random.randrange(100)) for edge in EDGES for camera in CAMERAS}
        for part in count():
            if self._stopped.wait(0.02):
                return
            for edge in EDGES:
                for camera in CAMERAS:
                    self._shoot(edge, camera, part, sequences[edge, camera])

    def _shoot(self, edge: str, camera: str, part: int, sequence: Iterator[int]) -> None:
        if self._random.random() < 0.01:
            next(sequence)  # lost
        verdict = self._random.choice(VERDICTS)
        back = 3 * MINUTE if self._random.random() < 0.01 else 0
        frame = counted(
            next(sequence),
            edge=edge,
            camera=f"{edge}-{camera}",
            at_us=START + part * 500_000 - back,
            part=f"{edge}-{part}",
            verdict=verdict,
            defect="dent" if verdict == "fail" else None,
        )
        record = inspection(frame)
        value, headers = CODEC.encode(record), event_headers(record, event_id=record.event_id, source="/tests")
        for _ in range(2 if self._random.random() < 0.02 else 1):
            self._producer.produce(INSPECTIONS.name, key=edge, value=value, headers=headers)
            self.sent += 1
        self.frames[edge].append(frame)
        if self._random.random() < 0.002:
            self._producer.produce(INSPECTIONS.name, key=edge, value=GARBAGE)
            self.garbage += 1
        self._producer.poll(0)

    def truth(self) -> dict[str, Counts]:
        """The plain count of every edge."""
        return {edge: plain_count(frames) for edge, frames in self.frames.items()}


@pytest.fixture
def factory(start_cluster: StartCluster, tmp_path: Path) -> Iterator[Factory]:
    with running_factory(start_cluster(), tmp_path) as made:
        made.prepare()
        made.start("ticks", "streams", "ticks")
        yield made


def statistics_of(factory: Factory) -> dict[str, list[EdgeStatistics]]:
    """Everything published, in order, by edge."""
    found: dict[str, list[EdgeStatistics]] = {}
    for message in read_to_end(factory.settings, EDGE_STATISTICS.name):
        record = CODEC.decode(message.value(), EdgeStatistics)
        found.setdefault(record.edge_id, []).append(record)
    return found


def inspected(factory: Factory) -> int:
    """How many distinct frames the statistics hold so far."""
    return sum(entry.inspections for records in statistics_of(factory).values() for entry in summed(records).values())


def moved_on(factory: Factory) -> Callable[[], bool]:
    """A condition: the statistics count more than now."""
    before = inspected(factory)
    return lambda: inspected(factory) > before


def all_edges_moved_on(factory: Factory) -> Callable[[], bool]:
    """A condition: the statistics of every edge count more than now."""

    def counts() -> dict[str, int]:
        return {
            edge: sum(entry.inspections for entry in summed(records).values())
            for edge, records in statistics_of(factory).items()
        }

    before = counts()
    return lambda: all(counts().get(edge, 0) > before.get(edge, 0) for edge in EDGES)


def expect_exact(factory: Factory, line: Line) -> None:
    """Wait until every frame is counted, then compare everything."""
    truth = line.truth()
    total = sum(entry.inspections for counts in truth.values() for entry in counts.values())

    def state() -> object:
        return f"{inspected(factory)} of {total}; {factory.log('statistics')}"

    eventually(lambda: inspected(factory) >= total, state)
    eventually(lambda: _parts(factory) >= total, lambda: f"{_parts(factory)} parts of {total}")
    published = statistics_of(factory)
    assert {edge: summed(records) for edge, records in published.items()} == truth
    assert _parts(factory) == total
    letters = {(letter.partition, letter.offset) for letter in factory.dead_letters()}
    assert len(letters) == line.garbage
    missing = sum(entry.missing for counts in truth.values() for entry in counts.values())
    alarms = {alarm.alarm_id: alarm for alarm in _alarms(factory)}
    assert sum(int(alarm.value or 0) for alarm in alarms.values()) == missing


def _parts(factory: Factory) -> int:
    found: Counter[str] = Counter()
    for records in statistics_of(factory).values():
        found.update(parts_of(records))
    return found.total() - found["first"]


def _alarms(factory: Factory) -> list[Alarm]:
    return [CODEC.decode(message.value(), Alarm) for message in read_to_end(factory.settings, ALARMS.name)]


def kill_again_and_again(factory: Factory, kills: int, seed: int) -> None:
    factory.start("statistics", "streams", "statistics")
    with Line(factory, seed) as line:
        factory.kill_again_and_again("statistics", moved_on, kills, seed)
        line.stop()
        expect_exact(factory, line)


def test_killed_five_times_under_load_it_counts_exactly(factory: Factory) -> None:
    kill_again_and_again(factory, 5, seed=1)


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_killed_24_times_under_load_it_counts_exactly(factory: Factory) -> None:
    kill_again_and_again(factory, 24, seed=2)


def test_a_second_worker_takes_its_share_and_takes_over(factory: Factory) -> None:
    factory.start("statistics", "streams", "statistics", "--instance", "one")
    with Line(factory, 3) as line:
        factory.hand_over("statistics", moved_on)
        line.stop()
        expect_exact(factory, line)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes can't be suspended here")
def test_a_worker_that_stood_still_does_not_overwrite_its_successor(factory: Factory) -> None:
    factory.start("statistics", "streams", "statistics", "--instance", "one")
    with Line(factory, 5) as line:
        eventually(moved_on(factory), lambda: factory.log("statistics"))
        factory.start("second", "streams", "statistics", "--instance", "two")
        eventually(lambda: "Worker ready" in factory.log("second"), lambda: factory.log("second"))
        eventually(moved_on(factory), lambda: factory.log("second"))
        factory.processes["statistics"].send_signal(signal.SIGSTOP)
        for _ in range(3):  # the second one has taken over all and has gone on
            eventually(all_edges_moved_on(factory), lambda: factory.log("second"))
        factory.processes["statistics"].send_signal(signal.SIGCONT)
        for _ in range(3):
            eventually(all_edges_moved_on(factory), lambda: factory.log("statistics"))
        line.stop()
        expect_exact(factory, line)


def test_a_broker_that_dies_and_returns_costs_nothing(factory: Factory) -> None:
    factory.start("statistics", "streams", "statistics")
    with Line(factory, 4) as line:
        eventually(moved_on(factory), lambda: factory.log("statistics"))
        factory.kill_broker()
        eventually(moved_on(factory), lambda: factory.log("statistics"))
        line.stop()
        expect_exact(factory, line)


def test_a_policy_with_cameras_joins_frames_into_parts(factory: Factory) -> None:
    edge = EDGES[0]
    policy = EdgePolicy(
        edge_id=edge,
        revision=1,
        set_by="test",
        set_at_us=START,
        cameras=["left", "right"],
        part_deadline_us=2_000_000,
    )
    producer = make_producer(factory.settings)
    producer.produce(EDGE_POLICIES.name, key=edge, value=CODEC.encode(policy))
    producer.flush(10)
    for part in range(10):
        for camera in ("left", "right") if part else ("left",):
            frame = counted(part, edge=edge, camera=camera, part=f"p{part}", verdict="fail" if part == 5 else "pass")
            producer.produce(INSPECTIONS.name, key=edge, value=CODEC.encode(inspection(frame)))
    producer.flush(10)
    factory.start("statistics", "streams", "statistics")
    expected = {"pass": 8, "fail": 1, "review": 1, "first": 8}
    eventually(
        lambda: parts_of(statistics_of(factory).get(edge, [])) == expected,
        lambda: f"{statistics_of(factory)}; {factory.log('statistics')}",
    )
