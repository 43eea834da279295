"""Inspections leave in each camera's order, and a frame is done when its inspection is acknowledged."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from consumers.edge.ledger import Assignment, Ledger
from consumers.edge.marks import Mark
from consumers.edge.metrics import EdgeMetrics
from consumers.edge.publisher import Publisher, continued_trace
from consumers.edge.slot import LineUp, Standing
from consumers.edge.stages import Arrived, Identity, inspect_frame, prepare
from consumers.edge.tally import Tally
from consumers.edge.window import InFlightWindow
from consumers.inference.predictor import Predictor
from schemas.codec import Codec
from schemas.headers import trace_of
from schemas.records import DeadLetter, EdgeConfig, Inspection
from tests.consumers.edge.brightness import brightness_artifact, image_of
from tests.consumers.edge.frames import frame_of

CODEC = Codec()


class Refused:
    """What librdkafka gives for a record it could not deliver."""

    def str(self) -> str:
        return "message too large"


@dataclass
class FakeProducer:
    """Keeps what is produced; a test acknowledges it."""

    sent: list[dict[str, Any]] = field(default_factory=list)

    def produce(self, topic: str, **record: Any) -> None:
        self.sent.append({"topic": topic, **record})

    def poll(self, timeout: float) -> int:
        time.sleep(0.001)  # a real producer waits here; without, its thread would spin
        return 0

    def flush(self, timeout: float) -> int:
        return 0

    def purge(self) -> None:
        """Nothing is queued here."""

    def acknowledge(self, number: int, error: Refused | None = None) -> None:
        self.sent[number]["on_delivery"](error, None)

    @property
    def inspections(self) -> list[Inspection]:
        return [CODEC.decode(record["value"], Inspection) for record in self.sent]


@dataclass
class Bench:
    """A publisher on a producer of the test's own."""

    producer: FakeProducer
    ledger: Ledger
    window: InFlightWindow
    publisher: Publisher
    failures: list[BaseException | str]
    line_up: LineUp
    offset: int = 0

    def arrive(self, assignment: Assignment, camera: str, sequence: int, traceparent: str | None = None) -> Arrived:
        frame = frame_of(image_of(230, noise=sequence), sequence=sequence, camera=camera)
        self.offset += 1
        self.ledger.start(assignment, self.offset, camera, Mark(1, sequence))
        arrived = Arrived(
            frame=frame,
            assignment=assignment,
            offset=self.offset,
            topic="frames.edge-1",
            traceparent=traceparent,
            received_us=time.time_ns() // 1000,
            received_ns=time.perf_counter_ns(),
            line_up=self.line_up,
        )
        self.publisher.expect(arrived)
        return arrived

    def publish(self, arrived: Arrived) -> None:
        ready = prepare(arrived, arrived.frame.image)
        self.publisher.publish(arrived, inspect_frame(ready, Identity("edge-1", "one")))


@pytest.fixture(scope="module")
def line_up(tmp_path_factory: pytest.TempPathFactory) -> LineUp:
    predictor = Predictor(brightness_artifact(tmp_path_factory.mktemp("publisher") / "model"))
    return LineUp(Standing(predictor=predictor, config=EdgeConfig(), revision=1))


@pytest.fixture
def make_bench(line_up: LineUp) -> Iterator[Callable[[], Bench]]:
    made: list[Bench] = []

    def make() -> Bench:
        producer, ledger, window = FakeProducer(), Ledger(), InFlightWindow(records=100, size=10**9)
        failures: list[BaseException | str] = []
        metrics = EdgeMetrics.build(CollectorRegistry(), "edge-1")
        publisher = Publisher(producer, CODEC, ledger, window, metrics, Tally(), failures.append)  # type: ignore[arg-type]
        made.append(Bench(producer, ledger, window, publisher, failures, line_up))
        return made[-1]

    yield make
    for bench in made:
        bench.publisher.close(0)


def test_a_frame_is_done_when_its_inspection_is_acknowledged(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    assignment = bench.ledger.assign(1, {})
    bench.publish(bench.arrive(assignment, "cam-1", 7))
    assert bench.ledger.uncommitted() == {}
    assert bench.window.records == 1

    bench.producer.acknowledge(0)

    assert bench.ledger.uncommitted()[1].marks == {"cam-1": Mark(1, 7)}
    assert bench.window.records == bench.window.size == 0


def test_an_inspection_waits_for_the_one_before_it_and_for_no_other_camera(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    assignment = bench.ledger.assign(1, {})
    first, second, other = (bench.arrive(assignment, camera, n) for camera, n in (("a", 1), ("a", 2), ("b", 1)))
    bench.publish(second)
    bench.publish(other)
    assert [x.frame_id for x in bench.producer.inspections] == ["b/1"]

    bench.publish(first)

    assert [x.frame_id for x in bench.producer.inspections] == ["b/1", "a/1", "a/2"]


def test_after_its_partition_was_taken_away_nothing_of_it_is_published(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    assignment = bench.ledger.assign(1, {})
    waiting, late = (bench.arrive(assignment, "a", number) for number in (2, 3))
    early = bench.arrive(assignment, "b", 1)
    bench.publish(early)
    bench.publish(late)

    bench.publisher.drop(bench.ledger.revoke([1]))
    bench.publish(waiting)
    bench.producer.acknowledge(0)

    assert len(bench.producer.sent) == 1
    assert bench.window.records == 0


def test_a_result_that_kafka_refuses_ends_the_session(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    assignment = bench.ledger.assign(1, {})
    bench.publish(bench.arrive(assignment, "a", 1))

    bench.producer.acknowledge(0, Refused())

    assert bench.failures == ["a result was not taken by Kafka: message too large"]
    assert bench.ledger.uncommitted() == {}


def test_a_dead_letter_finishes_its_record_when_it_is_acknowledged(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    assignment = bench.ledger.assign(1, {})
    bench.ledger.start(assignment, 3)
    bench.publisher.expect_letter(5)
    letter = DeadLetter(reader="edge edge-1", at_us=1, reason="garbage", kind="DecodeError", topic="t", raw=b"12345")
    bench.publisher.publish_letter(assignment, 3, letter, 5)
    assert bench.window.size == 5

    bench.producer.acknowledge(0)

    assert bench.ledger.uncommitted()[1].offset == 4
    assert bench.window.records == bench.window.size == 0


def test_an_inspection_that_cannot_be_written_becomes_the_verdict_error(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    arrived = bench.arrive(bench.ledger.assign(1, {}), "a", 1)
    inspection = inspect_frame(prepare(arrived, arrived.frame.image), Identity("edge-1", "one"))
    impossible = {**inspection.scores, "bad": "a word"}

    bench.publisher.publish(arrived, _with_scores(inspection, impossible))

    (written,) = bench.producer.inspections
    assert (written.verdict, written.frame_id) == ("error", "a/1")


def _with_scores(inspection: Inspection, scores: dict[str, Any]) -> Inspection:
    import msgspec

    return msgspec.structs.replace(inspection, scores=scores)


@given(st.data())
def test_whatever_finishes_first_each_camera_leaves_in_order_and_the_window_empties(data: st.DataObject) -> None:
    bench = _BENCHES[0]()
    assignment = bench.ledger.assign(1, {})
    cameras = data.draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=12))
    arrived = [bench.arrive(assignment, camera, number) for number, camera in enumerate(cameras)]
    for one in data.draw(st.permutations(arrived)):
        bench.publish(one)
    for number in data.draw(st.permutations(range(len(arrived)))):
        bench.producer.acknowledge(number)

    left = bench.producer.inspections
    for camera in "abc":
        assert [x.sequence for x in left if x.camera_id == camera] == [
            number for number, name in enumerate(cameras) if name == camera
        ]
    assert len(left) == len(arrived)
    assert bench.ledger.uncommitted()[1].offset == bench.offset + 1
    assert bench.window.records == bench.window.size == 0
    bench.publisher.close(0)


_BENCHES: list[Callable[[], Bench]] = []


@pytest.fixture(autouse=True)
def _keep(make_bench: Callable[[], Bench]) -> None:
    _BENCHES[:] = [make_bench]


def test_an_inspection_goes_on_in_the_trace_of_its_frame() -> None:
    frame = f"00-{'ab' * 16}-{'cd' * 8}-01"

    continued = continued_trace(frame, "cam-1/7")

    assert continued.startswith(f"00-{'ab' * 16}-")
    assert continued != frame
    assert continued_trace(None, "cam-1/7") == trace_of("cam-1/7", "inspection")
