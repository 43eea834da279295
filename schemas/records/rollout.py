"""What is to run on an edge, who said so, and what does run there."""

from typing import Literal

from schemas.records.base import Record
from schemas.records.frame import ClaimCheck
from schemas.records.inspection import ModelRef
from schemas.records.training import Signature

Slot = Literal["active", "shadow"]
RolloutAction = Literal["create", "approve", "deny", "start", "pause", "resume", "abort", "roll_back"]
RolloutState = Literal[
    "creating", "waiting_for_approval", "denied", "ready", "running", "paused", "stopping", "finished", "rolled_back"
]
WaveState = Literal["waiting", "running", "soaking", "passed", "failed", "rolled_back"]
EdgeState = Literal["starting", "running", "downloading", "verifying", "warming", "swapped", "refused", "stopping"]


class Region(Record, frozen=True, kw_only=True):
    """A region of interest, pixels of the image as captured."""

    x: int  # left
    y: int  # top
    w: int  # width
    h: int  # height


class EdgeConfig(Record, frozen=True, kw_only=True):
    """How an edge turns scores into verdicts. Empty thresholds mean the model's own."""

    revision: int = 0  # rises with each change
    thresholds: dict[str, float] = {}  # per class: a score at or above it fails the frame
    review_band: float | None = None  # scores so close to a threshold go to review; null means the model's own
    deadline_us: int = 3_000_000  # from capture to verdict at the line
    late_verdict: Literal["reject", "review"] = "review"  # what the line is told when no verdict came in time
    region: Region | None = None  # part of the image that is judged


class Approval(Record, frozen=True, kw_only=True):
    """Who agreed, to what, when."""

    approved_by: str  # person; not the creator
    approved_at_us: int  # Unix microseconds
    reason: str  # in words


class DesiredStatement(Record, frozen=True, kw_only=True):
    """What is signed: these edges shall run this model with this configuration. Travels as canonical JSON."""

    revision: int  # rises with every statement for these edges; an edge refuses a lower one
    slot: Slot  # slot it is for
    edges: list[str]  # edges it holds for
    model: ModelRef | None  # null empties the slot
    blob: ClaimCheck | None  # the packed artifact
    config: EdgeConfig  # thresholds and the like
    rollout_id: str | None = None  # rollout it belongs to
    approval: Approval  # who agreed


class DesiredState(Record, frozen=True, kw_only=True):
    """A signed statement on its way to one edge. Key: slot."""

    edge_id: str  # edge it is addressed to
    slot: Slot  # slot
    revision: int  # as in the statement
    issued_at_us: int  # Unix microseconds
    statement: bytes  # DesiredStatement as JSON, exactly the bytes signed
    signatures: list[Signature]  # over `statement`

    @property
    def event_id(self) -> str:
        return f"{self.edge_id}/{self.slot}/{self.revision}"


class EdgeReported(Record, frozen=True, kw_only=True):
    """What really runs on one process of an edge. Key: `<edge_id>/<instance>`."""

    edge_id: str  # edge
    instance: str  # process
    reported_at_us: int  # Unix microseconds
    started_at_us: int  # Unix microseconds
    state: EdgeState  # step it is at
    healthy: bool  # judging frames
    message: str | None = None  # why, when refused or unhealthy
    software: str  # linewatch version
    runtimes: dict[str, str] = {}  # runtime: version
    active: ModelRef | None = None  # model judging
    active_revision: int = 0  # statement it came by
    config_revision: int = 0  # configuration in force
    previous: ModelRef | None = None  # kept for instant rollback
    shadow: ModelRef | None = None  # candidate looking on
    shadow_revision: int = 0  # statement it came by
    refused_revision: int = 0  # last statement refused
    frames: int = 0  # inspected since start
    errors: int = 0  # of these with verdict error
    latency_p50_us: int = 0  # receipt to verdict, last minute
    latency_p99_us: int = 0  # receipt to verdict, last minute
    cameras: list[str] = []  # cameras it has now
    golden_passed: bool | None = None  # golden set of the active model on this machine
    disk_free: int = 0  # bytes
    memory: int = 0  # resident set, bytes

    @property
    def event_id(self) -> str:
        return f"{self.edge_id}/{self.instance}/{self.reported_at_us}"


class Wave(Record, frozen=True, kw_only=True):
    """One step of a rollout, and what it must prove before the next."""

    name: str  # canary, ...
    percent: float | None = None  # of the edges, or ...
    count: int | None = None  # ... so many, or ...
    line: str | None = None  # ... those of a line, or ...
    tag: str | None = None  # ... those with a tag
    soak_us: int = 600_000_000  # time it must hold
    soak_frames: int = 200  # frames it must see
    gates: dict[str, float] = {}  # gate: bound
    on_failure: Literal["pause", "roll_back"] = "roll_back"  # then what


class RolloutSpec(Record, frozen=True, kw_only=True):
    """What a rollout shall do."""

    model: ModelRef | None = None  # model, or null for a change of configuration only
    config: EdgeConfig | None = None  # configuration, or null to leave it
    slot: Slot = "active"  # slot
    edges: list[str]  # edges
    waves: list[Wave]  # steps
    window: str | None = None  # maintenance window, `HH:MM-HH:MM` local to the plant
    bandwidth: int | None = None  # bytes/s an edge may download


class RolloutCommand(Record, frozen=True, kw_only=True):
    """A person's (or the loop's) word on a rollout."""

    command_id: str  # unique, makes it idempotent
    rollout_id: str  # rollout
    action: RolloutAction  # what
    actor: str  # who
    at_us: int  # when, Unix microseconds
    reason: str | None = None  # why
    spec: RolloutSpec | None = None  # with create
    statements: list[bytes] = []  # with approve: the statements signed, also the one that rolls back
    signatures: list[Signature] = []  # with approve: over each statement, in order

    @property
    def event_id(self) -> str:
        return self.command_id


class WaveProgress(Record, frozen=True, kw_only=True):
    """How a wave stands."""

    name: str  # wave
    state: WaveState  # state
    edges: list[str]  # edges in it
    active: int = 0  # edges that run it
    failed: int = 0  # edges that refused it
    frames: int = 0  # frames judged by it
    started_at_us: int | None = None  # Unix microseconds
    evidence: dict[str, float] = {}  # gate: figure so far


class Rollout(Record, frozen=True, kw_only=True):
    """How a rollout stands. Key: rollout_id."""

    rollout_id: str  # rollout
    revision: int  # rises with each change
    changed_at_us: int  # event time of the change
    state: RolloutState  # state
    spec: RolloutSpec  # what it shall do
    created_by: str  # who
    approval: Approval | None = None  # who agreed
    waves: list[WaveProgress] = []  # how each stands
    message: str | None = None  # for people

    @property
    def event_id(self) -> str:
        return f"{self.rollout_id}/{self.revision}"
