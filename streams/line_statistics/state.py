"""What line_statistics remembers of one edge: one value, so one changelog record holds a count and its mark."""

from typing import Any, Final

import msgspec

from schemas.topics import EDGE_STATISTICS
from streams.errors import StreamsError

WRITER: Final = "line_statistics"
if WRITER not in EDGE_STATISTICS.writers:  # pragma: no cover - a renamed writer must not pass unseen
    raise StreamsError(f"{WRITER} is not among the writers of {EDGE_STATISTICS.name}")
# First byte of every stored value. A reader that meets another one is older than the data.
_VERSION: Final = 1

LATENCY_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
SCORE_BOUNDS: Final = tuple(round(step * 0.05, 2) for step in range(1, 20))
BRIGHTNESS_BOUNDS: Final = tuple(float(level) for level in range(16, 256, 16))
# Names counted one by one in a minute, and over an edge's life; more (a broken model's) are counted as `other`.
MINUTE_NAMES: Final = 64
LIFETIME_NAMES: Final = 128
OTHER: Final = "other"
BLUR_BOUNDS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0)


class StateVersionError(StreamsError):
    """State written by a newer linewatch; run that version, or let this one start on an empty table."""


class Buckets(msgspec.Struct, array_like=True):
    """Counts per bucket and the sum of the values; a latency's sum is in whole microseconds, so exact in any order."""

    counts: list[int]
    sum: float | int = 0


def buckets(bounds: tuple[float, ...]) -> Buckets:
    """Empty buckets for these bounds and for what lies above them."""
    return Buckets([0] * (len(bounds) + 1))


class Minute(msgspec.Struct, array_like=True):
    """What one camera saw in one minute; numbers only grow."""

    minute_us: int
    writer: str
    closed: bool = False
    published: int = -1  # `inspections` when last published while open
    inspections: int = 0
    verdicts: dict[str, int] = {}
    defect_classes: dict[str, int] = {}
    models: dict[str, int] = {}
    first_sequence: int = -1
    last_sequence: int = -1
    missing: int = 0
    deadline_missed: int = 0
    latency: Buckets = msgspec.field(default_factory=lambda: buckets(LATENCY_BOUNDS))
    scores: Buckets = msgspec.field(default_factory=lambda: buckets(SCORE_BOUNDS))
    brightness: Buckets = msgspec.field(default_factory=lambda: buckets(BRIGHTNESS_BOUNDS))
    blur: Buckets = msgspec.field(default_factory=lambda: buckets(BLUR_BOUNDS))


class Camera(msgspec.Struct, array_like=True):
    """A camera's high-water mark and its latest minutes; the last of `minutes` is the open one."""

    epoch: int
    sequence: int
    latest_minute_us: int = -1  # the latest minute it ever had
    minutes: list[Minute] = []


class OpenPart(msgspec.Struct, array_like=True):
    """A part some of whose cameras have not spoken yet."""

    rank: int  # its worst verdict so far, an index into parts.RANKS
    cameras: list[str]
    minute_us: int  # of its earliest frame
    seen_us: int = 0  # first tick that saw it open; 0 before


class PartMinute(msgspec.Struct, array_like=True):
    """The parts of one minute; numbers only grow."""

    minute_us: int
    writer: str
    closed: bool = False
    published: int = -1  # `total` when last published while open
    verdicts: dict[str, int] = {}
    first_pass: int = 0

    @property
    def total(self) -> int:
        return sum(self.verdicts.values())


class Parts(msgspec.Struct, array_like=True):
    """The parts of an edge: open ones, those judged lately, and counts."""

    open: dict[str, OpenPart] = {}
    expired: dict[str, list[str]] = {}  # part judged without these cameras: their frames come too late
    judged: dict[str, None] = {}  # latest part ids, oldest first, for first-pass yield
    latest_minute_us: int = -1
    reopened: int = 0  # old minutes begun again: names their writer
    crowded_out: int = 0  # parts judged early because too many were open
    minutes: list[PartMinute] = []
    outbox: list[PartMinute] = []  # let go, and to be published once more by the next step


class Totals(msgspec.Struct, array_like=True):
    """Sums since the edge was first seen of what is no longer in any minute kept: what /metrics shows needs them."""

    verdicts: dict[str, int] = {}
    defect_classes: dict[str, int] = {}
    missing: int = 0
    deadline_missed: int = 0
    latency: Buckets = msgspec.field(default_factory=lambda: buckets(LATENCY_BOUNDS))
    parts: dict[str, int] = {}
    first_pass: int = 0
    duplicates: int = 0


class PartRule(msgspec.Struct, array_like=True):
    """How this edge's frames become parts: from its EdgePolicy, of this revision."""

    revision: int = 0
    cameras: list[str] = []
    deadline_us: int = 10_000_000


class EdgeState(msgspec.Struct, array_like=True):
    """Everything of one edge."""

    edge_id: str
    rule: PartRule = msgspec.field(default_factory=PartRule)
    cameras: dict[str, Camera] = {}
    parts: Parts = msgspec.field(default_factory=Parts)
    totals: Totals = msgspec.field(default_factory=Totals)


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(EdgeState)


def encode_state(state: EdgeState) -> bytes:
    """The state as a version byte and msgpack."""
    return bytes((_VERSION,)) + _ENCODER.encode(state)


def decode_state(data: bytes) -> EdgeState:
    """A state of one's own to change; StateVersionError when it is not of this version or not a state at all."""
    if data[:1] != bytes((_VERSION,)):
        raise StateVersionError(f"state begins with {data[:1].hex() or 'nothing'}, this version reads {_VERSION:02x}")
    try:
        return _DECODER.decode(memoryview(data)[1:])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise StateVersionError(f"state of {len(data)} bytes is unreadable: {error}") from error


def plus(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    """The sum of two tallies, as a new one of at most LIFETIME_NAMES names and OTHER."""
    total = dict(left)
    for name, count in right.items():
        kept = name if name in total or len(total) < LIFETIME_NAMES else OTHER
        total[kept] = total.get(kept, 0) + count
    return total


def grown(into: Buckets, other: Buckets) -> Buckets:
    """The sum of two bucket lists over the same bounds, as a new one."""
    counts = [mine + theirs for mine, theirs in zip(into.counts, other.counts, strict=True)]
    return Buckets(counts, into.sum + other.sum)


def total_of(state: EdgeState) -> Totals:
    """Sums over an edge's whole life: what was let go plus every minute still kept."""
    total = msgspec.structs.replace(state.totals)
    for camera in state.cameras.values():
        for minute in camera.minutes:
            add_minute(total, minute)
    for part_minute in state.parts.minutes:
        add_part_minute(total, part_minute)
    return total


def add_minute(total: Totals, minute: Minute) -> None:
    """Count a camera's minute into the totals; replaces their tallies, so a shallow copy of totals is safe to grow."""
    total.verdicts = plus(total.verdicts, minute.verdicts)
    total.defect_classes = plus(total.defect_classes, minute.defect_classes)
    total.missing += minute.missing
    total.deadline_missed += minute.deadline_missed
    total.latency = grown(total.latency, minute.latency)


def add_part_minute(total: Totals, minute: PartMinute) -> None:
    """Count the parts of a minute into the totals."""
    total.parts = plus(total.parts, minute.verdicts)
    total.first_pass += minute.first_pass


def as_builtins(state: EdgeState) -> Any:
    """Plain lists and dicts, for comparing two states."""
    return msgspec.to_builtins(state)
