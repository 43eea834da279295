"""Pinning from a real Kafka is proven here on the session's broker."""

from hashlib import sha256
from pathlib import Path

import pytest
from confluent_kafka import Producer

from consumers.archive.errors import PinError
from consumers.archive.pinning import Pinner, PinProgress, pin_name, reached, read_pins, release_pin
from infra.blobs import BlobError, BlobStore
from infra.settings import Settings
from schemas.codec import Codec
from schemas.records import ClaimCheck, Frame
from schemas.topics import FRAMES
from tests.conftest import MakeTopic

CODEC = Codec()
START_US = 1_764_000_000_000_000


def frame(edge: str, number: int, claim: ClaimCheck | None = None) -> Frame:
    """A frame, one a second."""
    image = f"image {number}".encode()
    return Frame(
        edge_id=edge,
        camera_id="c1",
        sequence=number,
        epoch=1,
        captured_at_us=START_US + number * 1_000_000,
        monotonic_ns=0,
        sha256=claim.sha256 if claim else sha256(image).hexdigest(),
        size=len(image),
        content_type="image/png",
        image=None if claim else image,
        claim_check=claim,
    )


@pytest.fixture
def edge(make_topic: MakeTopic, kafka_producer: Producer, unique: str) -> str:
    """An edge with 500 frames in two partitions, one record of garbage and one frame whose large image is gone."""
    topic = make_topic(FRAMES.of(unique), 2)
    gone = ClaimCheck(reference="sha256:" + "0" * 64, sha256="0" * 64, size=9)
    for number in range(500):
        one = frame(unique, number, gone if number == 300 else None)
        stamp = one.captured_at_us // 1000
        kafka_producer.produce(topic, value=CODEC.encode(one), partition=number % 2, timestamp=stamp)
    kafka_producer.produce(topic, value=b"garbage", partition=0)
    kafka_producer.flush(30)
    return unique


@pytest.mark.integration
def test_a_span_is_kept_and_goes_on_where_it_stopped(
    edge: str, broker_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = BlobStore(str(tmp_path / "blobs"))
    span = (edge, START_US + 100_000_000, START_US + 450_000_000)
    put, stored = store.put, [0]

    def failing(data: bytes, *, anew: bool = False) -> ClaimCheck:
        stored[0] += 1
        if stored[0] == 250:
            raise BlobError("the store went away")
        return put(data, anew=anew)

    monkeypatch.setattr(store, "put", failing)
    with pytest.raises(BlobError):
        Pinner(broker_settings, store).run(*span)
    (pin,) = read_pins(store)
    assert not pin.done
    assert sum(reached(store, pin.pin).values()) > 0
    stored[0] = -1000
    told: list[PinProgress] = []
    pin = Pinner(broker_settings, store).run(*span, note="claim 17", on_progress=told.append)
    assert pin.done
    assert (pin.frames, pin.missing) == (349, 1)
    assert stored[0] + 1000 < 349, "what was pinned before is not read again"
    assert told[-1].done == told[-1].total
    wanted = {frame(edge, number).sha256 for number in range(100, 450) if number != 300}
    assert {blob.digest for blob in store.blobs()} == wanted
    lines = [path.read_text() for path in (tmp_path / "blobs/archive/pins" / pin.pin).glob("frames-*")]
    assert {line for text in lines for line in text.split()} == wanted | {"gone"}


@pytest.mark.integration
def test_a_pin_can_be_released(edge: str, broker_settings: Settings, tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path / "blobs"))
    pin = Pinner(broker_settings, store).run(edge, START_US, START_US + 5_000_000)
    assert [one.pin for one in read_pins(store)] == [pin.pin]
    release_pin(store, pin.pin)
    assert read_pins(store) == []
    assert len(list(store.blobs())) == 5
    with pytest.raises(PinError, match="no pin"):
        release_pin(store, pin.pin)


def test_what_can_not_be_pinned_is_said(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path))
    with pytest.raises(PinError, match="--to must be later"):
        Pinner(Settings(), store, CODEC).run("e1", 5, 5)
    store.write_file("archive/inspections/edge=e1/day=2026-01-01/a.parquet", b"rows")
    for name in ("../../etc", "..", "."):
        with pytest.raises(PinError):
            release_pin(store, name)
    assert [stat.path for stat in store.list_files("archive")], "other files are not pins"


def test_different_spans_have_different_names() -> None:
    assert pin_name("e1", 0, 1) == "e1.19700101T000000-000000.19700101T000000-000001"
    assert pin_name("e1", 0, 2) != pin_name("e1", 0, 1)
