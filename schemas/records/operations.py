"""Policies, statistics, alarms, time and trouble."""

from typing import Literal

from schemas.records.base import Record
from schemas.records.frame import ClaimCheck

AlarmKind = Literal[
    "sequence_gap",
    "camera_lost",
    "verdict_late",
    "drift",
    "yield_out_of_limits",
    "escape",
    "kappa",
    "disk",
    "edge_silent",
    "spool_full",
]
Severity = Literal["info", "warning", "critical"]


class EdgePolicy(Record, frozen=True, kw_only=True):
    """What is special about an edge. Key: edge_id."""

    edge_id: str  # edge
    revision: int  # rises with each change
    set_by: str  # who
    set_at_us: int  # Unix microseconds
    line: str | None = None  # production line
    tags: list[str] = []  # groups
    product: str | None = None  # product
    cameras: list[str] = []  # cameras that see one part; empty means each frame is a part
    part_deadline_us: int = 10_000_000  # a camera silent for so long makes the part `review`
    sample_rate: float = 0.01  # share of frames sampled for labels
    near_threshold: float = 0.05  # distance from a threshold that asks for a label
    second_label_rate: float = 0.05  # share of labels asked twice
    queue_cap: int = 500  # open tasks at most
    skill: str | None = None  # skill its labels need
    drift_bound: float = 0.25  # population stability index that alarms
    bandwidth: int | None = None  # bytes/s a rollout may take
    window: str | None = None  # maintenance window, `HH:MM-HH:MM`
    classes: list[str] = []  # what a person may say of a frame, in the order of the keys
    draw_boxes: bool = False  # labels need boxes
    guide: dict[str, str] = {}  # class: words that tell people how to know it

    @property
    def event_id(self) -> str:
        return f"{self.edge_id}/policy/{self.revision}"


class Histogram(Record, frozen=True, kw_only=True):
    """Counts per bucket; bucket i holds values <= bounds[i] and above the bound before, the last one the rest."""

    bounds: list[float]  # upper bounds, rising
    counts: list[int]  # one more than bounds
    sum: float = 0.0  # of the values


class EdgeStatistics(Record, frozen=True, kw_only=True):
    """One minute of one camera so far, in absolute numbers: writing it twice changes nothing.

    Key: `<edge_id>/<camera_id>/<minute>/<writer>`. camera_id `*` holds what belongs to the edge as a whole: its parts.
    """

    edge_id: str  # edge
    camera_id: str  # camera, or `*` for the edge's parts
    minute_us: int  # start of the minute by capture time, Unix microseconds
    writer: str  # line_statistics or labeling_queue
    closed: bool  # the camera's next minute has begun
    inspections: int = 0  # frames with a verdict
    verdicts: dict[str, int] = {}  # verdict: frames
    defect_classes: dict[str, int] = {}  # defect class: frames
    models: dict[str, int] = {}  # model digest: frames
    first_sequence: int = -1  # first frame of the minute
    last_sequence: int = -1  # last frame of the minute
    missing: int = 0  # frames whose number was skipped: lost
    deadline_missed: int = 0  # verdicts too late
    latency: Histogram | None = None  # receipt to verdict, seconds
    scores: Histogram | None = None  # defect scores, 0..1
    brightness: Histogram | None = None  # mean grey, 0..255
    blur: Histogram | None = None  # variance of the Laplacian
    parts: dict[str, int] = {}  # verdict: parts (camera_id `*` only)
    first_pass_parts: int = 0  # parts passed at their first inspection (camera_id `*` only)
    labels: int = 0  # labels given (labeling_queue only)
    escapes: int = 0  # missed defects found by labels (labeling_queue only)
    overkill: int = 0  # good parts rejected found by labels (labeling_queue only)
    kappa: float | None = None  # Cohen's kappa of first and second labels (labeling_queue only)

    @property
    def key(self) -> str:
        return f"{self.edge_id}/{self.camera_id}/{self.minute_us}/{self.writer}"

    @property
    def event_id(self) -> str:
        # Every count that a writer may raise alone: of the frames, of the parts, of the labels; and the closing.
        counts = (self.last_sequence, self.inspections, sum(self.parts.values()), self.labels)
        return f"{self.key}/{'/'.join(map(str, counts))}/{'closed' if self.closed else 'open'}"


class Alarm(Record, frozen=True, kw_only=True):
    """Something a person should know."""

    alarm_id: str  # derived from what raised it
    kind: AlarmKind  # what
    severity: Severity  # how bad
    raised: bool  # true when raised, false when cleared
    at_us: int  # event time, Unix microseconds
    edge_id: str | None = None  # where
    camera_id: str | None = None  # where
    message: str  # in words: what happened, what to do
    value: float | None = None  # figure
    bound: float | None = None  # its bound

    @property
    def event_id(self) -> str:
        # The time too: what was cleared may be raised again, and readers drop an id they have seen.
        return f"{self.alarm_id}/{'raised' if self.raised else 'cleared'}/{self.at_us}"


class Tick(Record, frozen=True, kw_only=True):
    """A second has passed. The only clock that stream steps know; one a second in every partition."""

    at_us: int  # the second, Unix microseconds

    @property
    def event_id(self) -> str:
        return f"tick/{self.at_us}"


class AuditEvent(Record, frozen=True, kw_only=True):
    """Who changed what."""

    audit_id: str  # unique
    at_us: int  # Unix microseconds
    actor: str  # person or process
    role: str  # role it acted in
    action: str  # verb
    subject: str  # what it was done to
    before: str | None = None  # JSON
    after: str | None = None  # JSON
    reason: str | None = None  # in words
    address: str | None = None  # network address of the actor

    @property
    def event_id(self) -> str:
        return self.audit_id


class DeadLetter(Record, frozen=True, kw_only=True):
    """Something nobody could read, kept whole, with the reason. Exactly one of `raw` and `claim_check` is set."""

    reader: str  # process that could not read it
    at_us: int  # when, Unix microseconds
    reason: str  # what was wrong, with the value
    kind: str  # class of the error
    topic: str | None = None  # where it came from ...
    partition: int | None = None  # ...
    offset: int | None = None  # ... when it came from Kafka
    origin: str | None = None  # file or address, when it did not
    timestamp_us: int | None = None  # the message's own time
    key: bytes | None = None  # the message's key
    headers: dict[str, bytes] = {}  # the message's headers
    raw: bytes | None = None  # the bytes, at most 900 kB
    claim_check: ClaimCheck | None = None  # where larger bytes lie

    @property
    def event_id(self) -> str:
        where = f"{self.topic}/{self.partition}/{self.offset}" if self.topic is not None else str(self.origin)
        return f"{self.reader}/{where}"
