"""An edge reports what really runs, and why something does not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from consumers.edge.installer import Progress
from consumers.edge.loading import load_standing
from consumers.edge.reporter import Health, Reporter
from consumers.edge.slot import Slots
from consumers.edge.stages import Identity
from consumers.edge.tally import Tally
from schemas.codec import Codec
from schemas.records import Alarm, EdgeConfig, EdgeReported
from tests.consumers.edge.brightness import brightness_artifact

CODEC = Codec()


@dataclass
class FakeProducer:
    """Keeps what is produced."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    full: bool = False

    def produce(self, topic: str, **record: Any) -> None:
        if self.full:
            raise BufferError("queue full")
        self.sent.append({"topic": topic, **record})

    def poll(self, timeout: float) -> int:
        return 0

    def flush(self, timeout: float) -> int:
        return 0


@dataclass
class Desk:
    """A reporter on a producer of the test's own."""

    producer: FakeProducer
    slots: Slots
    tally: Tally
    reporter: Reporter
    trouble: str | None = None

    @property
    def last(self) -> EdgeReported:
        return CODEC.decode(self.producer.sent[-1]["value"], EdgeReported)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    producer, slots, tally = FakeProducer(), Slots(), Tally()
    health: Callable[[], Health] = lambda: Health(["cam-1"], made.trouble)  # noqa: E731
    reporter = Reporter(producer, CODEC, Identity("edge-1", "one"), slots, tally, str(tmp_path), health)  # type: ignore[arg-type]
    made = Desk(producer, slots, tally, reporter)
    yield made
    made.reporter.stop()


def test_without_a_model_an_edge_is_not_healthy_and_says_what_to_do(desk: Desk) -> None:
    desk.reporter.note(Progress("starting"))

    assert desk.producer.sent[-1]["topic"] == "edge-reported"
    assert desk.producer.sent[-1]["key"] == "edge-1/one"
    assert (desk.last.state, desk.last.healthy, desk.last.active) == ("starting", False, None)
    assert "linewatch edges set-desired" in (desk.last.message or "")


def test_a_report_holds_what_runs_and_how(desk: Desk, tmp_path: Path) -> None:
    artifact = brightness_artifact(tmp_path / "model")
    config = EdgeConfig(revision=9)
    desk.slots.active.swap(load_standing(artifact, config, threads=1, maximum_pixels=10**8, revision=9))
    desk.tally.add(5_000, is_error=True, now_ns=0)

    desk.reporter.note(Progress("swapped"))

    report = desk.last
    assert (report.healthy, report.message, report.golden_passed) == (True, None, True)
    assert (report.active, report.active_revision, report.config_revision) == (artifact.reference, 9, 9)
    assert (report.frames, report.errors, report.cameras) == (1, 1, ["cam-1"])
    assert report.memory > 10**7
    assert report.disk_free > 0
    assert "onnx" in report.runtimes


def test_the_reason_of_a_refusal_stays_until_its_slot_gets_a_model(desk: Desk, tmp_path: Path) -> None:
    standing = load_standing(
        brightness_artifact(tmp_path / "model"), EdgeConfig(), threads=1, maximum_pixels=10**8, revision=1
    )
    desk.slots.active.swap(standing)
    desk.reporter.note(Progress("refused", "not signed", 7))
    desk.reporter.note(Progress("swapped", slot="shadow"))
    kept = desk.last.message
    desk.reporter.note(Progress("swapped"))

    assert kept == "not signed"
    assert (desk.last.message, desk.last.refused_revision) == (None, 7)


def test_a_pipeline_in_trouble_is_told(desk: Desk, tmp_path: Path) -> None:
    desk.slots.active.swap(
        load_standing(brightness_artifact(tmp_path / "model"), EdgeConfig(), threads=1, maximum_pixels=10**8)
    )
    desk.trouble = "images wait for the blob store"

    desk.reporter.note(Progress("running"))

    assert (desk.last.healthy, desk.last.message) == (False, "images wait for the blob store")


def test_an_alarm_is_raised_once_while_frames_wait_and_cleared_once_they_do_not(
    desk: Desk,
) -> None:
    for trouble in (None, "blob store away", "blob store away", None, None):
        desk.reporter._alarm(trouble)

    sent = [CODEC.decode(record["value"], Alarm) for record in desk.producer.sent if record["topic"] == "alarms"]
    assert [alarm.raised for alarm in sent] == [True, False]
    assert {alarm.alarm_id for alarm in sent} == {"edge-1/one/frames-wait"}
    assert "blob store away" in sent[0].message


def test_a_report_that_cannot_be_sent_stops_nothing(desk: Desk) -> None:
    desk.producer.full = True

    desk.reporter.note(Progress("starting"))

    assert desk.producer.sent == []


def test_the_end_is_reported(desk: Desk) -> None:
    desk.reporter.start()
    desk.reporter.stop()

    assert (desk.last.state, desk.last.healthy) == ("stopping", False)
