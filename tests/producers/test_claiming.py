"""A claim settles what Kafka has, moves numbers above it, and a gateway that was taken over stops."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from producers.claiming import Claimant, Claimed
from producers.errors import FencedError
from producers.link import LinkError
from producers.spool import Acknowledgement, Spool
from producers.spool_file import gateway_name
from schemas.records import CameraClaim
from schemas.topics import FRAMES
from tests.producers.gateway_fakes import (
    CAMERA,
    EDGE,
    NOW_US,
    FakeKafka,
    as_link,
    captured,
    envelopes,
    make_drain,
    open_spool,
)

THEIRS = CameraClaim(
    camera_id=CAMERA,
    edge_id=EDGE,
    epoch=5,
    gateway="elsewhere:7",
    claimed_at_us=NOW_US,
    topic=FRAMES.of(EDGE),
    partition=0,
    offset=0,
    last_sequence=-1,
)


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = open_spool(tmp_path / "spool")
    yield opened
    opened.close()


def claimant(spool: Spool, kafka: FakeKafka) -> Claimant:
    return Claimant(spool, kafka.newest_claim, edge_id=EDGE, camera_id=CAMERA, unix_us=lambda: NOW_US)


def claim(spool: Spool, kafka: FakeKafka, blobs: Path) -> Claimed:
    return claimant(spool, kafka).claim(as_link(kafka.open()), envelopes(blobs))


def deliver(spool: Spool, kafka: FakeKafka, blobs: Path, *images: bytes) -> None:
    for image in images:
        spool.append(captured(image), droppable=True)
    drain = make_drain(spool, kafka, blobs)
    drain.finish()
    drain.run()


def test_the_first_claim_says_who_numbers_the_camera_and_from_where_on(
    spool: Spool, kafka: FakeKafka, tmp_path: Path
) -> None:
    claimed = claim(spool, kafka, tmp_path)

    assert claimed == Claimed(epoch=1, base=0)
    (written,) = kafka.claims()
    assert written == msgspec.structs.replace(THEIRS, epoch=1, gateway=gateway_name())
    ledger = spool.state().ledger
    assert (ledger.base, ledger.epoch, ledger.topic, ledger.partition, ledger.offset) == (0, 1, FRAMES.of(EDGE), 0, 0)


def test_the_epoch_rises_above_everyones(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    link = kafka.open()
    link.send(envelopes(tmp_path).claim(THEIRS))
    link.commit()

    assert claim(spool, kafka, tmp_path).epoch == 6
    assert claim(spool, kafka, tmp_path).epoch == 7


def test_the_epoch_rises_above_our_own_when_kafka_has_lost_the_claim(
    spool: Spool, kafka: FakeKafka, tmp_path: Path
) -> None:
    claim(spool, kafka, tmp_path)
    kafka.log.clear()

    assert claim(spool, kafka, tmp_path).epoch == 2


def test_what_was_committed_unheard_is_settled_before_anything_is_sent(
    spool: Spool, kafka: FakeKafka, tmp_path: Path
) -> None:
    deliver(spool, kafka, tmp_path, b"a")
    ours = kafka.open()
    spool.append(captured(b"b"), droppable=True)
    spool.flush()
    (frame,) = spool.take(100, 1)
    message = envelopes(tmp_path).frame(frame, 1, 1)
    assert isinstance(message, tuple)
    ours.send(message)
    ours.commit()
    spool.rewind()

    claim(spool, kafka, tmp_path)

    assert spool.state().ledger.acknowledged == 1
    assert spool.take(100, 0) == []


def test_numbers_go_on_above_another_gateways(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    deliver(spool, kafka, tmp_path / "blobs", b"a")
    theirs = open_spool(tmp_path / "theirs")
    deliver(theirs, kafka, tmp_path / "blobs", b"b", b"c")
    theirs.close()
    spool.append(captured(b"d"), droppable=True)

    claimed = claim(spool, kafka, tmp_path)

    assert claimed.base + 1 == 3
    assert kafka.claims()[-1].last_sequence == 2
    assert spool.state().ledger.offset == kafka.claims()[-1].offset


def test_a_second_claim_looks_from_where_the_first_did(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    claim(spool, kafka, tmp_path)

    claim(spool, kafka, tmp_path)

    assert spool.state().ledger.offset == 0


def test_a_claim_that_kafka_did_not_take_changes_nothing(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    def refuse(operation: str) -> None:
        if operation == "commit":
            raise LinkError("no")

    kafka.fault = refuse

    with pytest.raises(LinkError):
        claim(spool, kafka, tmp_path)

    assert (spool.state().ledger.epoch, spool.state().ledger.base) == (0, None)


def test_everything_unacknowledged_is_given_out_again(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    for image in (b"a", b"b", b"c"):
        spool.append(captured(image), droppable=True)
    spool.flush()
    assert len(spool.take(100, 0)) == 3
    spool.acknowledge(Acknowledgement(index=0))

    claim(spool, kafka, tmp_path)

    assert [frame.index for frame in spool.take(100, 0)] == [1, 2]


def test_a_renewal_says_how_far_it_has_come(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    assert claimant(spool, kafka).renewal(as_link(kafka.open()), Claimed(3, 10)) is None
    spool.append(captured(b"a"), droppable=True)
    spool.acknowledge(Acknowledgement(index=0, offset=77))

    renewal = claimant(spool, kafka).renewal(as_link(kafka.open()), Claimed(3, 10))

    assert renewal is not None
    assert (renewal.epoch, renewal.offset, renewal.last_sequence) == (3, 77, 10)


def having_claimed(epoch: int, spool: Spool, blobs: Path, later: Callable[[], CameraClaim | None]) -> Claimant:
    """A claimant whose claim is of this epoch; from then on `later` tells the newest claim."""
    answers = iter([msgspec.structs.replace(THEIRS, epoch=epoch - 1)])
    made = Claimant(
        spool, lambda: next(answers, None) or later(), edge_id=EDGE, camera_id=CAMERA, unix_us=lambda: NOW_US
    )
    assert made.claim(as_link(FakeKafka().open()), envelopes(blobs)).epoch == epoch
    return made


@pytest.mark.parametrize("newest", [None, THEIRS, msgspec.structs.replace(THEIRS, epoch=6, gateway=gateway_name())])
def test_a_claim_that_is_not_newer_is_no_takeover(spool: Spool, tmp_path: Path, newest: CameraClaim | None) -> None:
    having_claimed(6, spool, tmp_path, lambda: newest).stop_if_taken_over(0.0, threading.Event())


@pytest.mark.parametrize("epoch", [4, 5])
def test_a_newer_claim_or_another_gateways_of_the_same_epoch_ends_this_one(
    spool: Spool, tmp_path: Path, epoch: int
) -> None:
    ours = having_claimed(epoch, spool, tmp_path, lambda: THEIRS)

    with pytest.raises(FencedError, match=r"taken over by gateway elsewhere:7 at 2025-.* \(epoch 5\).*stays in its"):
        ours.stop_if_taken_over(0.0, threading.Event())


def test_our_own_claim_whose_answer_was_lost_is_no_takeover(spool: Spool, kafka: FakeKafka, tmp_path: Path) -> None:
    ours = claimant(spool, kafka)
    ours.claim(as_link(kafka.open()), envelopes(tmp_path))

    def lose(operation: str) -> None:
        if operation == "answer":
            raise LinkError("the answer was lost")

    kafka.fault = lose
    with pytest.raises(LinkError):
        ours.claim(as_link(kafka.open()), envelopes(tmp_path))

    assert kafka.claims()[-1].epoch == 2
    ours.stop_if_taken_over(0.0, threading.Event())


def test_a_claim_that_is_being_written_is_waited_for(spool: Spool, tmp_path: Path) -> None:
    answers = iter([None, None, THEIRS])

    with pytest.raises(FencedError):
        having_claimed(4, spool, tmp_path, lambda: next(answers)).stop_if_taken_over(600.0, threading.Event())


def test_waiting_for_a_claim_ends_with_the_gateway(spool: Spool, tmp_path: Path) -> None:
    ended = threading.Event()
    ended.set()

    having_claimed(4, spool, tmp_path, lambda: None).stop_if_taken_over(600.0, ended)
