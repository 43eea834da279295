"""The messages a gateway sends: what is in them, how they are keyed, and where large images go."""

from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from infra.blobs import BlobStore
from producers.captured import Facts, Notice, Spooled
from producers.envelope import Envelopes, Unsendable
from producers.link import Outgoing
from schemas.headers import read_headers, trace_of
from schemas.records import Alarm, CameraClaim, DeadLetter, Exposure, Frame, Truth
from schemas.topics import ALARMS, CAMERAS, DEAD_LETTERS, FRAMES, INLINE_LIMIT
from tests.producers.gateway_fakes import CAMERA, CODEC, EDGE, NOW_US, envelopes

FACTS = Facts(
    content_type="image/jpeg",
    captured_at_us=NOW_US + 1234,
    monotonic_ns=77,
    origin="rtsp://camera",
    width=4,
    height=3,
    part_id="part-9",
    product="lid",
    exposure=Exposure(exposure_us=100),
    truth=Truth(label="scratch"),
)


def spooled(image: bytes, path: Path | None = None) -> Spooled:
    kept = None if path is not None else image
    return Spooled(
        5, sha256(image).hexdigest(), len(image), FACTS, str(path) if path is not None else None, kept, fresh=True
    )


@pytest.fixture
def made(tmp_path: Path) -> Envelopes:
    return envelopes(tmp_path / "blobs", partition=3)


def sent(message: Outgoing | Unsendable) -> Outgoing:
    assert isinstance(message, Outgoing)
    return message


def frame_of(message: Outgoing | Unsendable) -> Frame:
    return CODEC.decode(sent(message).value, Frame)


def test_a_frame_carries_everything_that_is_known(made: Envelopes) -> None:
    assert frame_of(made.frame(spooled(b"image"), 42, 7)) == Frame(
        edge_id=EDGE,
        camera_id=CAMERA,
        sequence=42,
        epoch=7,
        captured_at_us=NOW_US + 1234,
        monotonic_ns=77,
        sha256=sha256(b"image").hexdigest(),
        size=5,
        content_type="image/jpeg",
        image=b"image",
        width=4,
        height=3,
        part_id="part-9",
        product="lid",
        exposure=Exposure(exposure_us=100),
        origin="rtsp://camera",
        truth=Truth(label="scratch"),
    )


def test_a_frame_goes_to_its_cameras_partition_with_cloudevents_and_trace_headers(made: Envelopes) -> None:
    message = sent(made.frame(spooled(b"image"), 42, 7))

    assert (message.topic, message.partition, message.key) == (FRAMES.of(EDGE), 3, CAMERA.encode())
    assert message.timestamp_ms == (NOW_US + 1234) // 1000
    assert read_headers(message.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": frame_of(message).frame_id.encode(),
        "ce_type": b"linewatch.Frame",
        "ce_source": b"/cameras/cam-1",
        "content-type": b"application/avro",
        "traceparent": trace_of(frame_of(message).frame_id, "capture").encode(),
    }


def test_an_image_up_to_the_limit_travels_inside_and_a_larger_one_by_claim_check(
    made: Envelopes, tmp_path: Path
) -> None:
    just, over = bytes(INLINE_LIMIT), bytes(INLINE_LIMIT + 1)

    inside, outside = frame_of(made.frame(spooled(just), 1, 1)), frame_of(made.frame(spooled(over), 2, 1))

    assert (inside.image, inside.claim_check) == (just, None)
    assert outside.image is None
    assert outside.claim_check is not None
    assert (outside.size, outside.sha256) == (len(over), sha256(over).hexdigest())
    assert BlobStore((tmp_path / "blobs").as_posix()).get(outside.claim_check) == over


def test_a_lower_limit_holds_from_then_on(made: Envelopes) -> None:
    made.inline_limit = 4

    assert frame_of(made.frame(spooled(b"image"), 1, 1)).claim_check is not None
    assert frame_of(made.frame(spooled(b"imag"), 2, 1)).image == b"imag"


def test_a_frame_that_was_only_referred_to_is_read_from_its_file(made: Envelopes, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"image")

    assert frame_of(made.frame(spooled(b"image", path), 1, 1)).image == b"image"


def test_a_file_that_vanished_or_changed_is_unsendable_and_says_so(made: Envelopes, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    gone = made.frame(spooled(b"image", path), 1, 1)
    path.write_bytes(b"other")
    changed = made.frame(spooled(b"image", path), 1, 1)

    assert isinstance(gone, Unsendable)
    assert isinstance(changed, Unsendable)
    assert (gone.raw, changed.raw) == (b"", b"other")
    assert f"{path} vanished between capture and delivery" in gone.reason
    assert sha256(b"image").hexdigest() in changed.reason


def test_a_broken_image_becomes_a_dead_letter(made: Envelopes) -> None:
    notice = Notice(at_us=NOW_US, kind="BrokenImage", message="no image", origin="/a/b.jpg", raw=b"raw")

    message = made.notice(notice)
    letter = CODEC.decode(message.value, DeadLetter)

    assert (message.topic, message.key, message.timestamp_ms) == (
        DEAD_LETTERS.name,
        CAMERA.encode(),
        NOW_US // 1000,
    )
    assert (letter.reader, letter.kind, letter.reason) == ("gateway", "BrokenImage", "no image")
    assert (letter.origin, letter.raw, letter.at_us) == ("/a/b.jpg", b"raw", NOW_US)
    assert read_headers(message.headers)["ce_id"] == letter.event_id.encode()


@pytest.mark.parametrize(("raised", "severity"), [(True, "critical"), (False, "info")])
def test_an_alarm_is_keyed_by_its_id(made: Envelopes, raised: bool, severity: str) -> None:
    notice = Notice(
        at_us=NOW_US, kind="spool_full", message="full", alarm_id="cam-1/spool_full/3", raised=raised, value=2.0
    )

    message = made.notice(notice)

    assert (message.topic, message.key) == (ALARMS.name, b"cam-1/spool_full/3")
    alarm = CODEC.decode(message.value, Alarm)
    assert (
        msgspec.structs.asdict(alarm).items()
        >= {
            "alarm_id": "cam-1/spool_full/3",
            "kind": "spool_full",
            "severity": severity,
            "raised": raised,
            "edge_id": EDGE,
            "camera_id": CAMERA,
            "value": 2.0,
        }.items()
    )


def test_a_claim_is_keyed_by_its_camera(made: Envelopes) -> None:
    claim = CameraClaim(
        camera_id=CAMERA,
        edge_id=EDGE,
        epoch=4,
        gateway="host:1",
        claimed_at_us=NOW_US,
        topic=FRAMES.of(EDGE),
        partition=3,
        offset=9,
        last_sequence=8,
    )

    message = made.claim(claim)

    assert (message.topic, message.key, message.partition) == (CAMERAS.name, CAMERA.encode(), -1)
    assert CODEC.decode(message.value, CameraClaim) == claim
