"""From a Kafka message to a frame and what is to be done with it. Pure but for the marks, which move."""

from dataclasses import dataclass
from typing import Final, Literal

from confluent_kafka import Message

from consumers.edge.marks import CameraMarks, Mark
from schemas.codec import Codec
from schemas.errors import DecodeError, InvalidIdentifierError
from schemas.headers import read_headers, read_traceparent
from schemas.identifiers import checked_identifier
from schemas.records import Frame

Fate = Literal["inspect", "drop", "dead_letter"]


class MisplacedFrameError(DecodeError):
    """A frame that has no place here: of another edge, of a fenced gateway, or a second one with a number in use."""


@dataclass(frozen=True, slots=True)
class Received:
    """What a record is: a frame to inspect, a repeated one, or something for the dead letters, with the reason."""

    fate: Fate
    frame: Frame | None = None
    missing: int = 0
    error: DecodeError | None = None

    @property
    def mark(self) -> Mark | None:
        """The mark this frame sets when it is done."""
        return None if self.frame is None else Mark(self.frame.epoch, self.frame.sequence)


_REPEATED: Final = Received("drop")


def receive(data: bytes | None, codec: Codec, edge_id: str, marks: CameraMarks) -> Received:
    """Judge one record of the frames topic and move its camera's mark."""
    try:
        frame = _own_frame(codec.decode(data, Frame), edge_id)
    except DecodeError as error:
        return Received("dead_letter", error=error)
    arrival = marks.arrive(frame.camera_id, frame.epoch, frame.sequence, frame.sha256)
    if arrival.standing == "new":
        return Received("inspect", frame, arrival.missing)
    if arrival.standing == "duplicate":
        return _REPEATED
    return Received("dead_letter", error=_misplaced(frame, arrival.standing))


def _own_frame(frame: Frame, edge_id: str) -> Frame:
    try:
        checked_identifier(frame.camera_id, "camera")
    except InvalidIdentifierError as error:
        raise MisplacedFrameError(str(error)) from error
    if frame.edge_id != edge_id:
        raise MisplacedFrameError(f"frame {frame.frame_id} is of edge {frame.edge_id!r}, this is {edge_id!r}")
    return frame


def _misplaced(frame: Frame, standing: str) -> MisplacedFrameError:
    if standing == "conflict":
        return MisplacedFrameError(
            f"frame {frame.frame_id} came before with other bytes; now its sha256 is {frame.sha256}"
        )
    return MisplacedFrameError(f"frame {frame.frame_id} has epoch {frame.epoch}: its gateway was fenced by a newer one")


def trace_of_message(message: Message) -> str | None:
    """The trace a message belongs to; None when it has none, or a malformed one: that never stops a frame."""
    headers = message.headers()
    try:
        return read_traceparent(read_headers(headers)) if headers else None
    except DecodeError:
        return None
