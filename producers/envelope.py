"""From a spooled frame or notice to the message that Kafka gets."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, cast

from infra.blobs import BlobStore
from infra.dead_letters import dead_origin
from producers.captured import Notice, Spooled
from producers.link import Outgoing
from schemas.codec import Codec
from schemas.headers import event_headers, trace_of
from schemas.identifiers import frame_id
from schemas.records import Alarm, CameraClaim, Frame
from schemas.records.operations import AlarmKind
from schemas.topics import ALARMS, CAMERAS, DEAD_LETTERS, FRAMES, INLINE_LIMIT

READER: Final = "gateway"  # as dead letters name it


@dataclass(frozen=True, slots=True)
class Unsendable:
    """A frame whose file is no longer what it was at capture; its number stays unused."""

    reason: str
    raw: bytes  # what the file holds now, empty when it is gone


class Envelopes:
    """Makes the messages of one camera. For one thread."""

    def __init__(self, codec: Codec, blobs: BlobStore, *, edge_id: str, camera_id: str, partition: int) -> None:
        self._codec, self._blobs = codec, blobs
        self._edge_id, self._camera_id = edge_id, camera_id
        self._topic, self._partition, self._key = FRAMES.of(edge_id), partition, camera_id.encode()
        self._source = f"/cameras/{camera_id}"
        self.inline_limit = INLINE_LIMIT  # bytes of an image that travels inside its message

    def frame(self, spooled: Spooled, sequence: int, epoch: int) -> Outgoing | Unsendable:
        """The message of a frame. Raises BlobError when a large image can't be stored."""
        image = spooled.image if spooled.image is not None else _image_of(spooled)
        if isinstance(image, Unsendable):
            return image
        inline = len(image) <= self.inline_limit
        facts = spooled.facts
        frame = Frame(
            edge_id=self._edge_id,
            camera_id=self._camera_id,
            sequence=sequence,
            epoch=epoch,
            captured_at_us=facts.captured_at_us,
            monotonic_ns=facts.monotonic_ns,
            sha256=spooled.sha256,
            size=spooled.size,
            content_type=facts.content_type,
            image=image if inline else None,
            claim_check=None if inline else self._blobs.put(image),
            width=facts.width,
            height=facts.height,
            part_id=facts.part_id,
            product=facts.product,
            exposure=facts.exposure,
            origin=facts.origin,
            truth=facts.truth,
        )
        name = frame_id(self._camera_id, sequence)
        headers = event_headers(frame, event_id=name, source=self._source, traceparent=trace_of(name, "capture"))
        value = self._codec.encode(frame)
        return Outgoing(self._topic, self._key, value, headers, facts.captured_at_us // 1000, self._partition)

    def notice(self, notice: Notice) -> Outgoing:
        """The message of a broken image or an alarm. Raises BlobError when large bytes can't be stored."""
        return self._dead_letter(notice) if notice.alarm_id is None else self._alarm(notice)

    def claim(self, claim: CameraClaim) -> Outgoing:
        """The message of a claim on the camera."""
        headers = event_headers(claim, event_id=claim.event_id, source=self._source)
        return Outgoing(CAMERAS.name, self._key, self._codec.encode(claim), headers, claim.claimed_at_us // 1000)

    def _dead_letter(self, notice: Notice) -> Outgoing:
        letter = dead_origin(
            READER,
            notice.message,
            notice.kind,
            notice.origin or "",
            notice.raw,
            at_us=notice.at_us,
            blobs=self._blobs,
        )
        headers = event_headers(letter, event_id=letter.event_id, source=self._source)
        return Outgoing(DEAD_LETTERS.name, self._key, self._codec.encode(letter), headers, notice.at_us // 1000)

    def _alarm(self, notice: Notice) -> Outgoing:
        alarm = Alarm(
            alarm_id=notice.alarm_id or "",
            kind=cast("AlarmKind", notice.kind),
            severity="critical" if notice.raised else "info",
            raised=notice.raised,
            at_us=notice.at_us,
            edge_id=self._edge_id,
            camera_id=self._camera_id,
            message=notice.message,
            value=notice.value,
            bound=notice.bound,
        )
        headers = event_headers(alarm, event_id=alarm.event_id, source=self._source)
        key = alarm.alarm_id.encode()
        return Outgoing(ALARMS.name, key, self._codec.encode(alarm), headers, notice.at_us // 1000)


def _image_of(spooled: Spooled) -> bytes | Unsendable:
    """The bytes of a frame that was only referred to, if its file still holds them."""
    path = Path(spooled.path or "")
    try:
        image = path.read_bytes()
    except OSError as error:
        return Unsendable(f"{path} vanished between capture and delivery: {error.strerror}", b"")
    if sha256(image).hexdigest() != spooled.sha256:
        return Unsendable(f"{path} changed between capture and delivery: it held sha256 {spooled.sha256}", image)
    return image
