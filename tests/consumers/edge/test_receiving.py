"""A record is a frame to inspect, a repeated one, or something for the dead letters."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.edge.marks import CameraMarks, Mark
from consumers.edge.receiving import MisplacedFrameError, receive
from schemas.codec import Codec
from schemas.errors import DecodeError
from tests.consumers.edge.frames import frame_of

CODEC = Codec()


def test_a_new_frame_is_inspected_and_moves_its_cameras_mark() -> None:
    frame, marks = frame_of(b"image", sequence=4), CameraMarks({"cam-1": Mark(1, 1)})

    received = receive(CODEC.encode(frame), CODEC, "edge-1", marks)

    assert (received.fate, received.frame, received.missing) == ("inspect", frame, 2)
    assert received.mark == Mark(1, 4)
    assert receive(CODEC.encode(frame), CODEC, "edge-1", marks).fate == "drop"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"edge_id": "other"}, "is of edge 'other'"),
        ({"camera_id": "Not An Id"}, "camera id 'Not An Id'"),
        ({"sequence": 1, "sha256": "0" * 64}, "came before with other bytes"),
        ({"sequence": 3, "epoch": 1}, "its gateway was fenced"),
    ],
)
def test_a_frame_that_has_no_place_here_is_a_dead_letter(change: dict[str, object], reason: str) -> None:
    marks = CameraMarks()
    receive(CODEC.encode(frame_of(b"image", sequence=1, epoch=2)), CODEC, "edge-1", marks)
    frame = msgspec.structs.replace(frame_of(b"image", sequence=2, epoch=2), **change)

    received = receive(CODEC.encode(frame), CODEC, "edge-1", marks)

    assert received.fate == "dead_letter"
    assert isinstance(received.error, MisplacedFrameError)
    assert reason in str(received.error)


@given(st.none() | st.binary(max_size=200))
def test_whatever_the_bytes_are_they_are_received(data: bytes | None) -> None:
    received = receive(data, CODEC, "edge-1", CameraMarks())

    assert received.fate == "dead_letter"
    assert isinstance(received.error, DecodeError)
