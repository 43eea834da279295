"""Orders to the trainer, what it reports, and the models that come of it."""

from typing import Literal

from schemas.records.base import Record
from schemas.records.frame import ClaimCheck
from schemas.records.inspection import ModelKind

JobAction = Literal["submit", "cancel"]
JobState = Literal[
    "queued",
    "preparing",
    "training",
    "evaluating",
    "exporting",
    "registering",
    "succeeded",
    "rejected",
    "failed",
    "cancelled",
]


class Dataset(Record, frozen=True, kw_only=True):
    """A dataset that was built. Key: `name:digest`."""

    name: str  # name that people gave it
    digest: str  # `sha256:<hex>` of the manifest's contents: frames, labels, splits
    manifest: ClaimCheck  # the manifest's file
    built_at_us: int  # when, Unix microseconds
    built_by: str  # who
    edge_ids: list[str] = []  # edges its frames come from
    frames: int  # frames in it
    missing: int = 0  # frames whose image was nowhere to be had
    size: int = 0  # bytes of its images
    classes: dict[str, int] = {}  # class: frames
    splits: dict[str, int] = {}  # train, validation, test: frames
    selection: dict[str, str] = {}  # what was asked for, as words: edge, from, to, labels

    @property
    def key(self) -> str:
        return f"{self.name}:{self.digest}"

    @property
    def event_id(self) -> str:
        return f"{self.key}/{self.built_at_us}"


class TrainingJob(Record, frozen=True, kw_only=True):
    """An order to train, or to stop training."""

    job_id: str  # unique
    action: JobAction  # submit or cancel
    requested_by: str  # who
    requested_at_us: int  # Unix microseconds
    kind: ModelKind  # kind of model
    product: str | None = None  # product it is for
    model_name: str  # name to register under
    dataset: str  # hash of the dataset manifest
    preset: str = "quick"  # quick, standard or search
    trials: int = 0  # search trials, 0 means none
    seed: int = 0  # every random choice derives from it
    cost_escape: float = 10.0  # cost of a missed defect
    cost_overkill: float = 1.0  # cost of a good part rejected
    parameters: dict[str, str] = {}  # network, augmentation and gate settings, JSON values

    @property
    def event_id(self) -> str:
        return f"{self.job_id}/{self.action}"


class TrainingProgress(Record, frozen=True, kw_only=True):
    """How a job stands."""

    job_id: str  # the job
    attempt: int  # fencing number: a lower attempt's reports are ignored
    trainer: str  # process
    sequence: int  # rises within the attempt
    reported_at_us: int  # Unix microseconds
    state: JobState  # state
    epoch: int = 0  # epochs done
    epochs: int = 0  # epochs planned
    trial: int = 0  # search trial
    metrics: dict[str, float] = {}  # loss and metrics so far
    images_per_second: float = 0.0  # training speed
    seconds_left: float | None = None  # estimate
    message: str | None = None  # for people
    model: str | None = None  # `name:version` once registered

    @property
    def event_id(self) -> str:
        return f"{self.job_id}/{self.attempt}/{self.sequence}"


class Signature(Record, frozen=True, kw_only=True):
    """A detached ed25519 signature (RFC 8032)."""

    key_id: str  # first 16 hex digits of the public key's sha256
    algorithm: Literal["ed25519"] = "ed25519"  # only one so far
    value: bytes  # 64 bytes


class ModelLineage(Record, frozen=True, kw_only=True):
    """Where a model comes from."""

    job_id: str | None = None  # training job
    dataset: str | None = None  # hash of the dataset manifest
    code_commit: str | None = None  # commit of linewatch that trained it
    parent_digest: str | None = None  # model it was fine-tuned from
    seed: int | None = None  # seed
    labelers: list[str] = []  # whose labels it learned from


class ModelVersion(Record, frozen=True, kw_only=True):
    """A registered model. Key: `name:version`."""

    name: str  # name
    version: str  # version
    digest: str  # `sha256:<hex>` of the artifact's contents
    kind: ModelKind  # kind
    runtime: str  # litert, onnx or rules
    precision: str  # fp32, int8 or none
    product: str | None = None  # product it is for
    classes: list[str]  # every class, in output order
    blob: ClaimCheck  # the packed artifact
    registered_at_us: int  # Unix microseconds
    registered_by: str  # person or trainer
    metrics: dict[str, float] = {}  # evaluation on the test split
    aliases: list[str] = []  # such as champion
    lineage: ModelLineage  # where it comes from
    signatures: list[Signature] = []  # over the digest

    @property
    def event_id(self) -> str:
        return f"{self.name}:{self.version}/{self.digest}"
