"""One run of a gateway over a Kafka in memory: what it reports, how it ends, and what it raises."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from infra.settings import Settings
from producers.errors import FencedError, SourceError, SpoolLockedError
from producers.gateway import Gateway, GatewayOptions, GatewayReport
from producers.link import Link, LinkError
from producers.sources.source import SYSTEM_CLOCK, BrokenImage, Capture, Source
from schemas.errors import InvalidIdentifierError
from schemas.records import CameraClaim
from tests.producers.gateway_fakes import CAMERA, EDGE, NOW_US, FakeKafka, as_link, captured, make_drain, open_spool


class OverFake(Gateway):
    """A gateway whose Kafka is in memory."""

    def __init__(
        self,
        settings: Settings,
        options: GatewayOptions,
        kafka: FakeKafka,
        source: Source | None = None,
        registry: CollectorRegistry | None = None,
    ) -> None:
        self.kafka = kafka
        super().__init__(settings, options, source=source, registry=registry, clock=SYSTEM_CLOCK)

    def _open_link(self) -> Link:
        return as_link(self.kafka.open())

    def _newest_claim(self) -> CameraClaim | None:
        return self.kafka.newest_claim()


class Endless:
    """A live camera that ends only when told; `each` is called before each of its frames."""

    description = "endless"
    replayable = False

    def __init__(self, each: Callable[[int], None], frames: int) -> None:
        self._each, self._frames = each, frames
        self._closed = threading.Event()

    def open(self, position: int = 0) -> Iterator[Capture | BrokenImage]:
        for number in range(position, self._frames):
            self._each(number)
            yield Capture(
                image=bytes([number]), content_type="image/png", captured_at_us=NOW_US, monotonic_ns=1, origin="camera"
            )
        self._closed.wait()

    def close(self) -> None:
        self._closed.set()


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "var", spool_cap_bytes=64 * 2**20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three images and a file that is none."""
    made = tmp_path / "images"
    made.mkdir()
    for name in "abc":
        (made / f"{name}.png").write_bytes(cv2.imencode(".png", np.full((4, 4, 3), ord(name), np.uint8))[1].tobytes())
    (made / "d.png").write_bytes(b"no image")
    return made


def options(source: object = "camera", limit: int | None = None) -> GatewayOptions:
    return GatewayOptions(edge_id=EDGE, camera_id=CAMERA, source=str(source), limit=limit)


def run(gateway: Gateway) -> GatewayReport:
    return gateway.run(threading.Event())


def test_a_folder_is_delivered_and_reported(settings: Settings, kafka: FakeKafka, folder: Path) -> None:
    report = run(OverFake(settings, options(folder), kafka))

    assert [frame.sequence for frame in kafka.committed()] == [0, 1, 2]
    assert len(kafka.letters()) == 1
    size = sum(frame.size for frame in kafka.committed())
    assert msgspec.structs.replace(report, seconds=0.0, source="") == GatewayReport(
        edge_id=EDGE,
        camera_id=CAMERA,
        source="",
        epoch=1,
        captured=3,
        captured_bytes=size,
        skipped=0,
        delivered=3,
        first_sequence=0,
        last_sequence=2,
        dropped=0,
        dead_letters=1,
        gaps=0,
        waiting=0,
        seconds=0.0,
    )


def test_a_second_run_delivers_nothing_twice(settings: Settings, kafka: FakeKafka, folder: Path) -> None:
    run(OverFake(settings, options(folder), kafka))

    again = run(OverFake(settings, options(folder), kafka))

    assert (again.captured, again.delivered, again.skipped, again.epoch) == (0, 0, 4, 2)
    assert len(kafka.committed()) == 3
    assert len(kafka.letters()) == 1


def test_a_limit_is_a_runs_own(settings: Settings, kafka: FakeKafka, folder: Path) -> None:
    first = run(OverFake(settings, options(folder, limit=1), kafka))
    second = run(OverFake(settings, options(folder, limit=1), kafka))

    assert (first.last_sequence, second.first_sequence, second.last_sequence) == (0, 1, 1)


def test_told_to_stop_it_delivers_what_was_captured(settings: Settings, kafka: FakeKafka) -> None:
    stop = threading.Event()
    source = Endless(lambda number: stop.set() if number == 4 else None, frames=5)

    report = OverFake(settings, options(), kafka, source).run(stop)

    # The stop may come before the last frame is in the spool, never between the spool and Kafka.
    assert report.captured == report.delivered == len(kafka.committed()) >= 4
    assert report.waiting == 0


def test_without_kafka_what_was_captured_waits_for_the_next_start(
    settings: Settings, kafka: FakeKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producers.gateway._GRACE_S", 0.0)
    stop = threading.Event()

    def away(_operation: str) -> None:
        raise LinkError("away")

    kafka.fault = away
    source = Endless(lambda number: stop.set() if number == 2 else None, frames=3)
    report = OverFake(settings, options(), kafka, source).run(stop)
    assert (report.delivered, report.epoch, report.waiting) == (0, 0, report.captured)
    assert report.captured >= 2
    kafka.fault = lambda operation: None

    later = run(OverFake(settings, options(limit=0), kafka, Endless(lambda number: None, frames=0)))

    assert later.delivered == report.captured
    assert [frame.sequence for frame in kafka.committed()] == list(range(report.captured))


def test_a_gateway_that_was_taken_over_says_so(settings: Settings, kafka: FakeKafka, tmp_path: Path) -> None:
    theirs = open_spool(tmp_path / "theirs")

    def take_over(operation: str) -> None:
        if operation == "send" and kafka.committed():
            kafka.fault = lambda doing: None
            theirs.append(captured(b"x"), droppable=True)
            drain = make_drain(theirs, kafka, tmp_path / "blobs")
            drain.finish()
            drain.run()

    delivered = threading.Event()

    def wait_for_the_first(number: int) -> None:
        if number == 1:
            assert delivered.wait(60)

    def watch(operation: str) -> None:
        if operation == "answer" and kafka.committed():
            kafka.fault = take_over
            delivered.set()

    kafka.fault = watch
    with pytest.raises(FencedError, match="was taken over"):
        run(OverFake(settings, options(), kafka, Endless(wait_for_the_first, frames=3)))

    assert [frame.sequence for frame in kafka.committed()] == [0, 1]
    theirs.close()


def test_a_source_that_fails_is_raised_after_its_frames_were_delivered(settings: Settings, kafka: FakeKafka) -> None:
    def fail(number: int) -> None:
        if number == 2:
            raise SourceError("the cable")

    with pytest.raises(SourceError, match="the cable"):
        run(OverFake(settings, options(), kafka, Endless(fail, frames=5)))

    assert [frame.image for frame in kafka.committed()] == [b"\0", b"\1"]


def test_a_source_that_is_not_there_leaves_the_spool_free(settings: Settings, kafka: FakeKafka, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        OverFake(settings, options(tmp_path / "nowhere"), kafka)

    open_spool(settings.data_dir / "spool" / CAMERA).close()


def test_a_second_gateway_on_the_same_spool_is_refused(settings: Settings, kafka: FakeKafka, folder: Path) -> None:
    first = OverFake(settings, options(folder), kafka)

    with pytest.raises(SpoolLockedError):
        OverFake(settings, options(folder), kafka)

    run(first)


def test_metrics_follow(settings: Settings, kafka: FakeKafka, folder: Path) -> None:
    registry = CollectorRegistry()

    run(OverFake(settings, options(folder), kafka, registry=registry))

    def value(name: str) -> float | None:
        return registry.get_sample_value(f"linewatch_gateway_{name}", {"edge": EDGE, "camera": CAMERA})

    assert (value("captured_frames_total"), value("delivered_frames_total"), value("dead_letters_total")) == (3, 3, 1)
    assert (value("epoch"), value("spool_frames"), value("camera_up")) == (1, 0, 0)
    assert value("spool_limit_bytes") == settings.spool_cap_bytes


@pytest.mark.parametrize(("edge", "camera"), [("Press 1", CAMERA), (EDGE, "cam/1"), ("", CAMERA)])
def test_ids_are_checked_before_anything_is_opened(edge: str, camera: str) -> None:
    with pytest.raises(InvalidIdentifierError):
        GatewayOptions(edge_id=edge, camera_id=camera, source="0")
