"""The link to a real Kafka: all or nothing, one gateway a camera, and errors that say what to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException

from infra.kafka import key_partition
from infra.settings import Settings
from producers.captured import Ledger
from producers.errors import GatewaySettingsError
from producers.kafka_link import KafkaLink, _link_error, gateway_producer, read_newest_claim
from producers.link import Link, LinkError, LinkFencedError, LinkTooLargeError, Outgoing
from producers.numbering import KafkaView
from schemas.topics import FRAMES
from tests.conftest import Broker
from tests.integration.gateway_line import prepare, read_frames
from tests.producers.camera_in_kafka import Camera
from tests.producers.gateway_fakes import CODEC, NOW_US

NOWHERE = Settings(bootstrap_servers="127.0.0.1:1")


@pytest.fixture
def settings(broker: Broker, tmp_path: Path, unique: str) -> Settings:
    return prepare(broker.bootstrap_servers, tmp_path / "var", unique)


@pytest.fixture
def camera(settings: Settings, unique: str) -> Camera:
    return Camera(settings, unique)


@pytest.fixture
def link(camera: Camera) -> Iterator[KafkaLink]:
    opened = camera.connect()
    yield opened
    opened.close()


def committed(camera: Camera) -> list[int]:
    return [frame.sequence for frame in read_frames(camera.settings, camera.name, camera.name)]


def test_a_setting_that_librdkafka_refuses_is_named() -> None:
    with pytest.raises(GatewaySettingsError, match=r'"no\.such\.setting".*see linewatch\.toml'):
        gateway_producer(Settings(kafka={"no.such.setting": "1"}))


def test_without_a_broker_it_gives_up_once_the_gateway_is_to_end() -> None:
    with pytest.raises(LinkError, match="finding a broker"):
        KafkaLink(NOWHERE, CODEC, edge_id="press-1", camera_id="cam-1", ended=lambda: True)


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (KafkaError._FENCED, LinkFencedError, "sending"),
        (KafkaError.PRODUCER_FENCED, LinkFencedError, "sending"),
        (KafkaError.INVALID_PRODUCER_EPOCH, LinkFencedError, "sending"),
        (KafkaError.MSG_SIZE_TOO_LARGE, LinkTooLargeError, "takes no message of 77 bytes"),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, LinkError, "run `linewatch topics apply`"),
        (KafkaError._TIMED_OUT, LinkError, "sending"),
    ],
)
def test_what_kafka_says_becomes_what_the_drain_decides_by(code: int, kind: type[LinkError], words: str) -> None:
    error = _link_error(KafkaException(KafkaError(code)), "sending", 77)

    assert type(error) is kind
    assert words in str(error)


@pytest.mark.integration
def test_it_is_a_link_to_the_cameras_partition(link: KafkaLink, unique: str) -> None:
    as_protocol: Link = link

    assert (as_protocol.topic, as_protocol.partition) == (FRAMES.of(unique), key_partition(unique, FRAMES.partitions))


@pytest.mark.integration
def test_a_commit_makes_everything_count_and_tells_the_offset_behind_it(link: KafkaLink, camera: Camera) -> None:
    assert link.commit() is None
    for sequence in range(3):
        link.send(camera.message(sequence, b"image"))

    assert link.commit() == 3
    assert committed(camera) == [0, 1, 2]
    link.send(camera.envelopes.claim(camera.claim(1)))
    assert link.commit() is None  # no frame in it


@pytest.mark.integration
def test_what_was_not_committed_counts_for_nothing(link: KafkaLink, camera: Camera) -> None:
    link.send(camera.message(0, b"a"))
    link.commit()
    link.send(camera.message(1, b"b"))

    link.close()

    assert committed(camera) == [0]


@pytest.mark.integration
def test_closed_right_after_a_commit_it_leaves_nothing_behind(camera: Camera) -> None:
    # The broker is then often still ending the transaction before, and has not begun this one: INVALID_TXN_STATE.
    for sequence in range(5):
        link = camera.connect()
        link.send(camera.message(sequence, b"kept"))
        link.commit()
        link.send(camera.message(sequence + 1, b"given up"))
        link.close()

    frames = read_frames(camera.settings, camera.name, camera.name)
    assert [(frame.sequence, frame.image) for frame in frames] == [(sequence, b"kept") for sequence in range(5)]


@pytest.mark.integration
def test_a_newer_link_shuts_the_older_one_out(link: KafkaLink, camera: Camera) -> None:
    link.send(camera.message(0, b"a"))
    newer = camera.connect()

    def go_on() -> None:
        link.send(camera.message(1, b"b"))
        link.commit()

    with pytest.raises(LinkFencedError):
        go_on()
    newer.send(camera.message(0, b"x"))
    newer.commit()
    newer.close()
    frames = read_frames(camera.settings, camera.name, camera.name)
    assert [(frame.sequence, frame.image) for frame in frames] == [(0, b"x")]


@pytest.mark.integration
def test_a_message_that_is_too_large_says_its_size(link: KafkaLink, camera: Camera) -> None:
    large = Outgoing(camera.topic, b"k", bytes(50_000_000), [], NOW_US // 1000, camera.partition)

    with pytest.raises(LinkTooLargeError) as raised:
        link.send(large)

    assert raised.value.size == 50_000_000


@pytest.mark.integration
def test_it_finds_what_lies_there(link: KafkaLink, camera: Camera) -> None:
    link.send(camera.message(0, b"a"))
    link.send(camera.envelopes.claim(camera.claim(3)))
    link.commit()
    claim = read_newest_claim(camera.settings, CODEC, camera.name)

    assert claim == camera.claim(3)
    assert link.look(Ledger(), claim, []) == KafkaView(last_sequence=0)
    assert link.end_offset() == 2
