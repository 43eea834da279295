"""The drain delivers in order and starts again at the lowest frame that was not acknowledged."""

import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from infra.blobs import BlobError, BlobStore
from producers.captured import Notice, Spooled
from producers.claiming import Claimant
from producers.drain import Drain, Pace
from producers.envelope import Envelopes, Unsendable
from producers.errors import FencedError
from producers.link import LinkError, LinkFencedError, LinkTooLargeError, Outgoing
from producers.metrics import make_metrics
from producers.spool import Spool
from schemas.topics import FRAMES
from tests.producers.gateway_fakes import (
    CAMERA,
    CODEC,
    EDGE,
    NOW_US,
    FakeKafka,
    as_link,
    captured,
    envelopes,
    make_drain,
    open_spool,
)


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = open_spool(tmp_path / "spool")
    yield opened
    opened.close()


def fill(spool: Spool, *images: bytes) -> None:
    for image in images:
        spool.append(captured(image), droppable=True)


def finish(drain: Drain) -> None:
    """Deliver what is there."""
    drain.finish()
    drain.run()


def once(operation: str, at: int, error: Exception) -> Callable[[str], None]:
    """Fails at the `at`-th operation of this kind."""
    count = 0

    def fault(doing: str) -> None:
        nonlocal count
        count += doing == operation
        if doing == operation and count == at:
            raise error

    return fault


def test_frames_arrive_once_in_order_and_are_forgotten(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    fill(spool, b"a", b"b", b"c", b"d", b"e")
    drain = make_drain(spool, kafka, tmp_path)

    finish(drain)

    assert [(frame.sequence, frame.image, frame.epoch) for frame in kafka.committed()] == [
        (0, b"a", 1),
        (1, b"b", 1),
        (2, b"c", 1),
        (3, b"d", 1),
        (4, b"e", 1),
    ]
    assert spool.is_drained()
    done = drain.delivered
    assert (done.frames, done.first_sequence, done.last_sequence, done.epoch, done.gaps) == (5, 0, 4, 1, 0)
    sizes = [logged.message.size for logged in kafka.log if logged.message.topic == FRAMES.of(EDGE)]
    assert done.size == sum(sizes)


def test_after_the_end_the_claim_says_how_far_it_went(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    fill(spool, b"a", b"b", b"c")

    finish(make_drain(spool, kafka, tmp_path))

    assert [claim.last_sequence for claim in kafka.claims()] == [-1, 2]


@pytest.mark.parametrize(("operation", "at"), [("open", 1), ("look", 1), ("send", 3), ("commit", 2), ("answer", 3)])
def test_a_failure_starts_again_at_the_lowest_unacknowledged_frame(
    spool: Spool, kafka: FakeKafka, tmp_path: Path, operation: str, at: int
) -> None:
    fill(spool, *(bytes([number]) for number in range(7)))
    kafka.fault = once(operation, at, LinkError("away"))
    drain = make_drain(spool, kafka, tmp_path)

    finish(drain)

    assert [frame.sequence for frame in kafka.committed()] == list(range(7))
    assert [frame.image for frame in kafka.committed()] == [bytes([number]) for number in range(7)]
    assert spool.is_drained()


@pytest.mark.parametrize("at", [2, 3])
def test_a_lost_answer_loses_no_frame_from_the_count(spool: Spool, kafka: FakeKafka, tmp_path: Path, at: int) -> None:
    fill(spool, *(bytes([number]) for number in range(5)))
    kafka.fault = once("answer", at, LinkError("away"))  # Kafka has it; only the word of it is lost
    drain = make_drain(spool, kafka, tmp_path)

    finish(drain)

    assert (drain.delivered.frames, drain.delivered.first_sequence, drain.delivered.last_sequence) == (5, 0, 4)
    assert [frame.sequence for frame in kafka.committed()] == [0, 1, 2, 3, 4]


def test_what_was_acknowledged_is_not_sent_again(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    fill(spool, *(bytes([number]) for number in range(6)))
    kafka.fault = once("send", 6, LinkError("away"))  # the claim, two frames, two frames, here

    finish(make_drain(spool, kafka, tmp_path))

    visible = [frame.sequence for frame in kafka.visible()]
    assert visible == [0, 1, 2, 3, 4, 5]


@settings(max_examples=20)
@given(
    faults=st.lists(st.tuples(st.sampled_from(["send", "commit", "answer", "look", "open"]), st.integers(1, 6))),
    count=st.integers(1, 8),
)
def test_any_failures_leave_every_frame_once_and_in_order(
    faults: list[tuple[str, int]], count: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("drain")
    spool, kafka = open_spool(folder / "spool"), FakeKafka()
    fill(spool, *(bytes([number]) for number in range(count)))
    each = [once(operation, at, LinkError("away")) for operation, at in faults]

    def fault(operation: str) -> None:
        for one in each:
            one(operation)

    kafka.fault = fault
    finish(make_drain(spool, kafka, folder))

    assert [frame.sequence for frame in kafka.committed()] == list(range(count))
    assert [frame.image for frame in kafka.committed()] == [bytes([number]) for number in range(count)]
    spool.close()


def test_failures_are_counted(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    registry = CollectorRegistry()
    fill(spool, b"a", b"b")
    kafka.fault = once("send", 2, LinkError("away"))
    metrics = make_metrics(
        registry, edge_id=EDGE, camera_id=CAMERA, limit_bytes=1, spool_frames=lambda: 0, spool_bytes=lambda: 0
    )

    finish(
        Drain(
            spool,
            lambda: as_link(kafka.open()),
            lambda partition: envelopes(tmp_path, partition),
            Claimant(spool, kafka.newest_claim, edge_id=EDGE, camera_id=CAMERA, unix_us=lambda: NOW_US),
            metrics,
            camera_id=CAMERA,
            unix_us=lambda: NOW_US,
            pace=Pace(backoff_s=(0.0,)),
        )
    )

    def value(name: str) -> float | None:
        return registry.get_sample_value(f"linewatch_gateway_{name}", {"edge": EDGE, "camera": CAMERA})

    assert value("delivery_failures_total") == 1
    assert value("delivered_frames_total") == 2
    assert value("epoch") == 2


def test_frames_that_come_back_from_disk_are_as_old_as_the_wall_clock_says(kafka: FakeKafka, tmp_path: Path) -> None:
    spool = open_spool(tmp_path / "spool")
    fill(spool, b"a")
    spool.close()
    again = open_spool(tmp_path / "spool")
    drain = make_drain(again, kafka, tmp_path)
    drain._unix_us = lambda: NOW_US + 90_000_000

    finish(drain)

    (samples,) = (metric.samples for metric in drain._metrics.delivery_seconds.collect())
    assert [sample.value for sample in samples if sample.name.endswith(("_count", "_sum"))] == [1, 90]
    assert drain.delivered.frames == 1
    again.close()


def test_a_gateway_that_was_taken_over_stops_and_keeps_what_is_left(
    spool: Spool, kafka: FakeKafka, tmp_path: Path
) -> None:
    theirs = open_spool(tmp_path / "theirs")
    fill(spool, b"a", b"b", b"c", b"d")

    def take_over(operation: str) -> None:
        if operation == "send" and len(kafka.committed()) == 2:
            kafka.fault = lambda doing: None
            fill(theirs, b"x")
            finish(make_drain(theirs, kafka, tmp_path))

    kafka.fault = take_over
    with pytest.raises(FencedError, match="was taken over"):
        finish(make_drain(spool, kafka, tmp_path))

    assert [frame.image for frame in kafka.committed()] == [b"a", b"b", b"x"]
    assert [frame.sequence for frame in kafka.committed()] == [0, 1, 2]
    assert spool.state().frames == 2
    # Started again, on purpose, it takes the camera back and goes on above the other's numbers.
    finish(make_drain(spool, kafka, tmp_path))
    assert [(frame.sequence, frame.image) for frame in kafka.committed()][3:] == [(3, b"c"), (4, b"d")]
    theirs.close()


def test_a_fenced_link_without_a_newer_claim_is_only_opened_again(
    spool: Spool, kafka: FakeKafka, tmp_path: Path
) -> None:
    fill(spool, b"a", b"b")
    # As when the broker gives up on a transaction that took too long, before the first claim was written.
    kafka.fault = once("look", 1, LinkFencedError("too long"))

    finish(make_drain(spool, kafka, tmp_path))

    assert [frame.sequence for frame in kafka.committed()] == [0, 1]


def test_a_broker_that_takes_no_large_messages_gets_claim_checks(
    spool: Spool, kafka: FakeKafka, tmp_path: Path
) -> None:
    fill(spool, bytes(20_000), b"small")
    kafka.fault = once("send", 2, LinkTooLargeError(20_500))

    finish(make_drain(spool, kafka, tmp_path / "blobs"))

    large, small = kafka.committed()
    assert large.claim_check is not None
    assert large.claim_check.sha256 == sha256(bytes(20_000)).hexdigest()
    assert small.image == b"small"


def test_a_blob_store_that_is_away_is_waited_for(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    class FailsOnce(Envelopes):
        """A blob store that is away for one frame."""

        away = True

        def frame(self, spooled: Spooled, sequence: int, epoch: int) -> Outgoing | Unsendable:
            if self.away:
                self.away = False
                raise BlobError("away")
            return super().frame(spooled, sequence, epoch)

    blobs = BlobStore(tmp_path.as_posix())
    made = FailsOnce(CODEC, blobs, edge_id=EDGE, camera_id=CAMERA, partition=0)
    fill(spool, b"a")
    drain = make_drain(spool, kafka, tmp_path)
    drain._make_envelopes = lambda partition: made

    finish(drain)

    assert [frame.sequence for frame in kafka.committed()] == [0]


# The claim is the first send, commit and answer of each link.
@pytest.mark.parametrize("fault", [None, ("send", 4), ("commit", 2), ("answer", 2)])
def test_a_file_that_changed_leaves_a_gap_that_is_told_and_counted_once(
    kafka: FakeKafka, tmp_path: Path, fault: tuple[str, int] | None
) -> None:
    path = tmp_path / "b.jpg"
    path.write_bytes(b"b")
    spool = open_spool(tmp_path / "spool")
    fill(spool, b"a")
    spool.append(captured(b"b", path=path), droppable=False)
    fill(spool, b"c")
    spool.close()
    path.write_bytes(b"changed")
    again = open_spool(tmp_path / "spool")
    drain = make_drain(again, kafka, tmp_path / "blobs")
    if fault is not None:
        kafka.fault = once(*fault, LinkError("away"))

    finish(drain)

    assert [(frame.sequence, frame.image) for frame in kafka.committed()] == [(0, b"a"), (2, b"c")]
    (letter,) = kafka.letters()
    (alarm,) = kafka.alarms()
    assert (letter.kind, letter.raw, letter.origin) == ("LostFileError", b"changed", str(path))
    assert (alarm.kind, alarm.raised, alarm.value) == ("sequence_gap", True, 1.0)
    assert "is lost" in alarm.message
    assert drain.delivered.gaps == 1
    assert again.is_drained()
    again.close()


def test_notices_are_delivered_with_the_frames(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    spool.append_notice(Notice(at_us=NOW_US, kind="BrokenImage", message="no image", origin="x.jpg", raw=b"?"))

    finish(make_drain(spool, kafka, tmp_path))

    assert [letter.reason for letter in kafka.letters()] == ["no image"]
    assert spool.is_drained()


def test_notices_of_a_transaction_that_failed_come_again(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    spool.append_notice(Notice(at_us=NOW_US, kind="BrokenImage", message="no image", origin="x.jpg", raw=b"?"))
    kafka.fault = once("commit", 2, LinkError("away"))

    finish(make_drain(spool, kafka, tmp_path))

    assert len(kafka.letters()) == 1


def test_abandoned_it_ends_and_leaves_the_rest(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    fill(spool, *(bytes([number]) for number in range(6)))
    drain = make_drain(spool, kafka, tmp_path)

    def end(operation: str) -> None:
        if operation == "answer" and kafka.committed():
            drain.abandon()
            raise LinkError("away")

    kafka.fault = end
    drain.run()

    assert [frame.sequence for frame in kafka.committed()] == [0, 1]
    assert spool.state().frames == 6  # the answer was lost: the next start settles these two


def test_it_waits_for_frames_until_told_that_there_are_none(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    drain = make_drain(spool, kafka, tmp_path)
    delivered = threading.Event()
    kafka.fault = lambda operation: delivered.set() if operation == "answer" and kafka.committed() else None
    thread = threading.Thread(target=drain.run)
    thread.start()
    fill(spool, b"a")
    assert delivered.wait(60)
    fill(spool, b"b")

    drain.finish()
    thread.join(60)

    assert not thread.is_alive()
    assert [frame.image for frame in kafka.committed()] == [b"a", b"b"]
    (samples,) = (metric.samples for metric in drain._metrics.delivery_seconds.collect())
    assert next(sample.value for sample in samples if sample.name.endswith("_count")) == 2


def test_a_transaction_is_bounded(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    fill(spool, *(bytes([number]) for number in range(7)))
    sizes: list[int] = []

    def note(operation: str) -> None:
        if operation == "commit":
            sizes.append(sum(1 for one in kafka.log if one.committed is None and one.message.topic == FRAMES.of(EDGE)))

    kafka.fault = note
    finish(make_drain(spool, kafka, tmp_path))

    assert max(sizes) == 2
    assert sum(sizes) == 7
