"""What a gateway finds in a real Kafka of its camera: the newest claim, and frames that may be its own."""

from pathlib import Path

import pytest

from infra.kafka import key_partition, make_admin
from infra.settings import Settings
from infra.topics import apply_topics
from producers.camera_history import end_offset, newest_claim
from producers.captured import Ledger
from producers.numbering import KafkaView, Seen
from schemas.topics import FRAMES
from tests.conftest import Broker
from tests.producers.camera_in_kafka import Camera
from tests.producers.gateway_fakes import CODEC, captured

pytestmark = pytest.mark.integration


@pytest.fixture
def camera(broker: Broker, tmp_path: Path, unique: str) -> Camera:
    settings = Settings(bootstrap_servers=broker.bootstrap_servers, data_dir=tmp_path / "var")
    apply_topics(make_admin(settings), settings, [unique])
    return Camera(settings, unique)


def seen(image: bytes, *, committed: bool) -> Seen:
    return Seen(captured(image).sha256, committed)


def test_the_newest_claim_is_this_cameras_last_one(camera: Camera, unique: str) -> None:
    assert newest_claim(camera.settings, CODEC, unique) is None
    camera.write_claim(camera.claim(1))
    camera.write_claim(camera.claim(2, offset=7))
    other = Camera(camera.settings, f"{unique}x")
    other.write_claim(other.claim(9))

    assert newest_claim(camera.settings, CODEC, unique) == camera.claim(2, offset=7)


def test_a_camera_nobody_ever_used_has_no_last_number(camera: Camera) -> None:
    assert camera.look(Ledger(), None) == KafkaView(last_sequence=-1)


def test_the_end_is_behind_the_last_record(camera: Camera) -> None:
    assert end_offset(camera.settings, camera.topic, camera.partition) == 0
    camera.write((0, b"a"), (1, b"b"))
    # The commit's marker takes a third offset, a moment after the commit is answered.
    assert end_offset(camera.settings, camera.topic, camera.partition) in (2, 3)


def test_own_frames_are_told_apart_by_whether_they_are_committed(camera: Camera) -> None:
    camera.write((0, b"a"), (1, b"b"))
    camera.write((2, b"c"), commit=False)
    camera.connect().close()  # aborts it

    view = camera.look(camera.ledger(acknowledged=0), camera.claim(1), b"b", b"c", b"d")

    assert view == KafkaView(last_sequence=2, frames={1: seen(b"b", committed=True), 2: seen(b"c", committed=False)})


def test_a_frame_aborted_first_and_committed_later_is_committed(camera: Camera) -> None:
    camera.write((0, b"a"), commit=False)
    camera.write((0, b"a"))

    assert camera.look(camera.ledger(), camera.claim(1), b"a").frames == {0: seen(b"a", committed=True)}


def test_a_new_spool_reads_on_from_the_claim(camera: Camera) -> None:
    camera.write((0, b"a"), (1, b"b"))
    behind = end_offset(camera.settings, camera.topic, camera.partition)
    camera.write((2, b"c"), (3, b"d"))

    assert camera.look(Ledger(), camera.claim(4, offset=behind, last_sequence=1)).last_sequence == 3
    assert camera.look(Ledger(), camera.claim(4, offset=behind + 3, last_sequence=9)).last_sequence == 9


def test_another_gateways_frames_raise_the_last_number_and_are_not_ours(camera: Camera) -> None:
    camera.write((0, b"a"))
    camera.write((1, b"theirs"), (2, b"theirs too"))

    view = camera.look(camera.ledger(acknowledged=0), camera.claim(2, offset=0), b"b")

    assert view.last_sequence == 2
    assert view.frames[1].sha256 == captured(b"theirs").sha256


def test_other_cameras_of_the_partition_count_for_nothing(camera: Camera, unique: str) -> None:
    names = (f"{unique}-{number}" for number in range(1000))
    neighbour = next(name for name in names if key_partition(name, FRAMES.partitions) == camera.partition)
    link = camera.connect()
    link.send(camera.message(0, b"a"))
    link.send(camera.message(50, b"x")._replace(key=neighbour.encode()))
    link.commit()
    link.close()

    assert camera.look(camera.ledger(), camera.claim(1), b"a").last_sequence == 0
