"""A Kafka in memory for gateway tests, with transactions, fencing and failures, and frames to send through it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from prometheus_client import CollectorRegistry

from infra.blobs import BlobStore
from producers.captured import Captured, Facts, Ledger, Resume
from producers.claiming import Claimant
from producers.drain import Drain, Pace
from producers.envelope import Envelopes
from producers.link import Link, LinkFencedError, Outgoing
from producers.metrics import GatewayMetrics, make_metrics
from producers.numbering import KafkaView, Seen
from producers.spool import Spool, SpoolLimits
from schemas.codec import Codec
from schemas.records import Alarm, CameraClaim, DeadLetter, Frame, Record
from schemas.topics import ALARMS, CAMERAS, DEAD_LETTERS, FRAMES

CODEC = Codec()
EDGE, CAMERA = "press-1", "cam-1"
NOW_US = 1_760_000_000_000_000
LIMITS = SpoolLimits(cap_bytes=64 * 2**20)


def captured(image: bytes, *, path: Path | None = None, position: int | None = None) -> Captured:
    """A captured frame of these bytes."""
    facts = Facts(content_type="image/jpeg", captured_at_us=NOW_US, monotonic_ns=1, origin=str(path or "camera"))
    resume = Resume("source", position, str(path) if path else None) if path or position is not None else None
    return Captured(image, sha256(image).hexdigest(), facts, str(path) if path else None, resume)


def open_spool(folder: Path, limits: SpoolLimits = LIMITS) -> Spool:
    """The spool of the fakes' camera."""
    return Spool(folder, limits, camera_id=CAMERA, unix_us=lambda: NOW_US)


class Crash(BaseException):
    """The process died here."""


@dataclass
class Logged:
    """One message in the fake's log."""

    message: Outgoing
    committed: bool | None = None  # None while its transaction is open

    def record(self, kind: type[Record]) -> Record:
        return CODEC.decode(self.message.value, kind)


@dataclass
class FakeKafka:
    """A log of one broker. `fault` is asked before each operation of a link and may raise."""

    log: list[Logged] = field(default_factory=list)
    generation: int = 0
    fault: Callable[[str], None] = lambda operation: None

    def open(self) -> "FakeLink":
        """Connect; fences the link before and aborts what it had open."""
        self.fault("open")
        self.generation += 1
        self.settle(committed=False)
        return FakeLink(self, self.generation)

    def newest_claim(self) -> CameraClaim | None:
        """The newest claim, committed or not."""
        claims = [one for one in self.log if one.message.topic == CAMERAS.name]
        return CODEC.decode(claims[-1].message.value, CameraClaim) if claims else None

    def settle(self, *, committed: bool) -> None:
        """End the open transaction."""
        for logged in self.log:
            if logged.committed is None:
                logged.committed = committed

    def visible(self) -> list[Frame]:
        """Every frame a reader of uncommitted records gets, in order."""
        return [CODEC.decode(one.message.value, Frame) for one in self.log if one.message.topic == FRAMES.of(EDGE)]

    def committed(self) -> list[Frame]:
        """Every frame a reader of committed records gets, in order."""
        frames = [one for one in self.log if one.message.topic == FRAMES.of(EDGE) and one.committed]
        return [CODEC.decode(one.message.value, Frame) for one in frames]

    def letters(self) -> list[DeadLetter]:
        return [CODEC.decode(one.message.value, DeadLetter) for one in self._committed_of(DEAD_LETTERS.name)]

    def alarms(self) -> list[Alarm]:
        return [CODEC.decode(one.message.value, Alarm) for one in self._committed_of(ALARMS.name)]

    def claims(self) -> list[CameraClaim]:
        return [CODEC.decode(one.message.value, CameraClaim) for one in self._committed_of(CAMERAS.name)]

    def _committed_of(self, topic: str) -> list[Logged]:
        return [one for one in self.log if one.message.topic == topic and one.committed]


@dataclass
class FakeLink:
    """A link to the fake."""

    kafka: FakeKafka
    generation: int
    topic: str = FRAMES.of(EDGE)
    partition: int = 0
    frames_sent: bool = False

    def _check(self, operation: str) -> None:
        self.kafka.fault(operation)
        if self.generation != self.kafka.generation:
            raise LinkFencedError("fenced")

    def look(self, ledger: Ledger, claim: CameraClaim | None, hashes: Iterable[tuple[int, str]]) -> KafkaView:
        self._check("look")
        seen: dict[int, Seen] = {}
        for frame, logged in zip(self.kafka.visible(), self._frames(), strict=True):
            before = seen.get(frame.sequence)
            committed = bool(logged.committed) or (before is not None and before.committed)
            seen[frame.sequence] = Seen(frame.sha256, committed)
        return KafkaView(last_sequence=max(seen, default=-1), frames=seen)

    def _frames(self) -> list[Logged]:
        return [one for one in self.kafka.log if one.message.topic == self.topic]

    def end_offset(self) -> int:
        return len(self.kafka.log)

    def send(self, message: Outgoing) -> None:
        self._check("send")
        self.frames_sent = self.frames_sent or message.topic == self.topic
        self.kafka.log.append(Logged(message))

    def commit(self) -> int | None:
        self._check("commit")
        self.kafka.settle(committed=True)
        self.kafka.fault("answer")  # Kafka has it, and the gateway may never hear of it
        sent, self.frames_sent = self.frames_sent, False
        return len(self.kafka.log) if sent else None

    def close(self) -> None:
        """Nothing to let go of."""


def as_link(link: FakeLink) -> Link:
    """The fake, checked against the protocol."""
    return link


def metrics() -> GatewayMetrics:
    """Metrics on a registry of their own."""
    return make_metrics(
        CollectorRegistry(),
        edge_id=EDGE,
        camera_id=CAMERA,
        limit_bytes=1,
        spool_frames=lambda: 0.0,
        spool_bytes=lambda: 0.0,
    )


def make_drain(spool: Spool, kafka: FakeKafka, blobs: Path) -> Drain:
    """A drain from the spool into the fake."""
    return Drain(
        spool,
        lambda: as_link(kafka.open()),
        lambda partition: envelopes(blobs, partition),
        Claimant(spool, kafka.newest_claim, edge_id=EDGE, camera_id=CAMERA, unix_us=lambda: NOW_US),
        metrics(),
        camera_id=CAMERA,
        unix_us=lambda: NOW_US,
        pace=Pace(frames=2, backoff_s=(0.0,)),
    )


def envelopes(blobs: Path, partition: int = 0) -> Envelopes:
    """Envelopes of the fakes' camera."""
    return Envelopes(CODEC, BlobStore(blobs.as_posix()), edge_id=EDGE, camera_id=CAMERA, partition=partition)
