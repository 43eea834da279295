"""What labeling_queue remembers of one edge: one value, compressed, of bounded size."""

import math
import zlib
from typing import Final, Literal

import msgspec

from schemas.records import FrameLocation, Verdict
from schemas.records.labeling import LabelOutcome, TaskReason, TaskState
from schemas.topics import FRAMES, LABELING_TASKS
from streams.errors import StreamsError

WRITER: Final = "labeling_queue"
if WRITER not in LABELING_TASKS.writers:  # pragma: no cover - a renamed writer must not pass unseen
    raise StreamsError(f"{WRITER} is not among the writers of {LABELING_TASKS.name}")
# First byte of every stored value. A reader that meets another one is older than the data.
_VERSION: Final = 1
# Level 1 packs a full queue in about a millisecond; higher levels take longer for a few percent.
_LEVEL: Final = 1

MAX_CAP: Final = 1000  # open tasks, whatever the policy says: a value must fit into one Kafka message
REMEMBERED: Final = 256  # closed frames kept for duplicates, corrections and late answers
TASK_BYTES: Final = 1024  # one frame's entry, as msgpack
SPANS: Final = 32  # standing requests
REQUEST_IDS: Final = 64
PAIRS: Final = 200  # first and second labels that kappa is of
MINUTES: Final = 64  # minutes of capture whose numbers may still change in place

Asked = Literal["first", "second", "adjudication"]
Finding = Literal["", "escape", "overkill"]
Drawn = tuple[str, int, int, int, int, float | None]  # a box: label, x, y, w, h, score


class StateVersionError(StreamsError):
    """State written by a newer linewatch; run that version, or let this one start on an empty table."""


class Seen(msgspec.Struct, array_like=True):
    """What the model said of the frame."""

    label: str | None
    score: float
    boxes: list[Drawn] = []


class Answer(msgspec.Struct, array_like=True):
    """What one person said in one round, as it stands after their corrections."""

    label_id: str  # without the frame id it begins with
    round: Asked
    labeler: str
    version: int
    outcome: LabelOutcome
    category: str | None  # class of the image; None when the outcome is not `labeled`
    boxes: list[Drawn] = []  # kept while they are still to be compared
    late: bool = False  # came when nobody asked any more: counted, and changes nothing


class Ending(msgspec.Struct, array_like=True):
    """An earlier round that closed, not announced yet."""

    round: Asked
    reason: TaskReason
    revision: int
    changed_at_us: int
    priority: float
    close_reason: str


class Task(msgspec.Struct, array_like=True):
    """The questions about one frame; the current one in `round`, `state` and `revision`."""

    sha256: bytes
    captured_at_us: int
    topic: str | None  # None: frames.<edge>
    partition: int
    offset: int
    verdict: Verdict | None
    reason: TaskReason
    priority: float
    changed_at_us: int
    skill: str | None = None
    part_id: str | None = None
    product: str | None = None
    request_id: str | None = None
    prediction: Seen | None = None
    embedding: bytes = b""
    round: Asked = "first"
    state: TaskState = "opened"
    revision: int = 1  # over all rounds, so it rises with every record under the frame's key
    published: int = 0  # revision that was announced; the step's caller has announced every state it hands in
    passed: list[str] = []  # who was unsure or skipped
    passes: int = 0  # of these, in this round
    answers: list[Answer] = []
    close_reason: str | None = None
    endings: list[Ending] = []
    finding: Finding = ""

    @property
    def requested(self) -> bool:
        """Whether a person's wish is still unanswered: such a task is never displaced."""
        return self.request_id is not None and self.round == "first"


class Camera(msgspec.Struct, array_like=True):
    """A camera's high-water mark: the last frame that was considered."""

    epoch: int
    sequence: int


class Mark(msgspec.Struct, array_like=True):
    """How far one topic was read for this edge; offsets mean nothing once the topic (by Kafka's id) was made anew."""

    topic_id: str = ""
    offset: int = -1


class Rule(msgspec.Struct, array_like=True, frozen=True):
    """An edge's policy as far as labeling goes; revision 0 holds EdgePolicy's defaults."""

    revision: int = 0
    sample_rate: float = 0.01
    near_threshold: float = 0.05
    second_label_rate: float = 0.05
    queue_cap: int = 500
    skill: str | None = None
    draw_boxes: bool = False

    @property
    def cap(self) -> int:
        """Open tasks at most."""
        return min(max(self.queue_cap, 0), MAX_CAP)


class Span(msgspec.Struct, array_like=True):
    """A standing request: frames captured in a span of time and inspected from now on."""

    request_id: str
    reason: TaskReason
    from_us: int
    to_us: int
    verdicts: list[str]
    left: int
    priority: float
    skill: str | None


class Minute(msgspec.Struct, array_like=True):
    """Labels of the frames captured in one minute; `labels` only rises, the others follow corrections."""

    minute_us: int
    writer: str
    labels: int = 0
    escapes: int = 0
    overkill: int = 0
    kappa: float | None = None
    published: int = 0  # `labels` when last announced


class Notice(msgspec.Struct, array_like=True):
    """An alarm to be raised or cleared."""

    kind: Literal["escape", "kappa"]
    subject: str  # frame id, or the edge
    raised: bool
    at_us: int
    value: float | None = None
    detail: str = ""


class Totals(msgspec.Struct, array_like=True):
    """Sums since the edge was first seen: what /metrics shows."""

    opened: dict[str, int] = {}  # by reason, second and adjudication rounds included
    closed: dict[str, int] = {}  # by the first word of the close reason
    dropped: dict[str, int] = {}  # frames that asked for a place and got none, by cause
    labels: dict[str, int] = {}  # by outcome
    ignored: dict[str, int] = {}  # labels without effect, by cause
    escapes: int = 0
    overkill: int = 0
    second_labels: int = 0
    disagreements: int = 0


class Queue(msgspec.Struct, array_like=True):
    """Everything of one edge."""

    edge_id: str
    rule: Rule = Rule()
    cameras: dict[str, Camera] = {}
    open: dict[str, Task] = {}  # by frame id
    closed: dict[str, Task] = {}  # by frame id, oldest first
    spans: list[Span] = []
    minutes: list[Minute] = []  # least recently changed first
    latest_minute_us: int = -1
    reopened: int = 0  # minutes begun out of order or again: names their writer
    pairs: list[tuple[str, str]] = []
    kappa_raised: bool = False
    notices: list[Notice] = []
    labels: Mark = msgspec.field(default_factory=Mark)
    requests: Mark = msgspec.field(default_factory=Mark)
    request_ids: list[str] = []
    totals: Totals = msgspec.field(default_factory=Totals)
    forgotten: int = 0  # greatest revision of a frame no longer remembered: one asked about again goes on above it

    def find(self, frame_id: str) -> Task | None:
        """A frame that is open or remembered."""
        return self.open.get(frame_id) or self.closed.get(frame_id)


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Queue)


def encode_state(queue: Queue) -> bytes:
    """The state as a version byte and compressed msgpack."""
    return bytes((_VERSION,)) + zlib.compress(_ENCODER.encode(queue), _LEVEL)


def decode_state(data: bytes) -> Queue:
    """A state of one's own to change; StateVersionError when it is not of this version or not a state at all."""
    if data[:1] != bytes((_VERSION,)):
        raise StateVersionError(f"state begins with {data[:1].hex() or 'nothing'}, this version reads {_VERSION:02x}")
    try:
        return _DECODER.decode(zlib.decompress(memoryview(data)[1:]))
    except (zlib.error, msgspec.DecodeError, msgspec.ValidationError) as error:
        raise StateVersionError(f"state of {len(data)} bytes is unreadable: {error}") from error


def size_of(task: Task) -> int:
    """Bytes of one frame's entry before compression."""
    return len(_ENCODER.encode(task))


def location_of(edge_id: str, task: Task) -> FrameLocation:
    """Where a task's frame lies."""
    topic = FRAMES.of(edge_id) if task.topic is None else task.topic
    return FrameLocation(topic=topic, partition=task.partition, offset=task.offset, sha256=task.sha256.hex())


def add(tally: dict[str, int], name: str, count: int = 1) -> None:
    """Count under a name."""
    tally[name] = tally.get(name, 0) + count


def finite(value: float | None) -> float | None:
    """The value, or None when it is no number one can compare."""
    return value if value is not None and math.isfinite(value) else None
