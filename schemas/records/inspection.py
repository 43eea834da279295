"""What an edge says about a frame."""

from typing import Literal

from schemas.identifiers import frame_id
from schemas.records.base import Record
from schemas.records.frame import Box

Verdict = Literal["pass", "fail", "review", "error"]
VERDICTS: tuple[Verdict, ...] = ("pass", "fail", "review", "error")
ModelKind = Literal["classification", "anomaly", "detection", "rules"]


class ModelRef(Record, frozen=True, kw_only=True):
    """Which model, exactly."""

    name: str  # registered name
    version: str  # version of that name
    digest: str  # `sha256:<hex>` of the artifact's contents
    kind: str  # kind of model, as in its model.json; a word, so that old readers know of new kinds


class FrameLocation(Record, frozen=True, kw_only=True):
    """Where the frame lies, so that a verdict leads back to its image."""

    topic: str  # frames topic
    partition: int  # partition
    offset: int  # offset
    sha256: str  # of the image bytes, 64 hex digits


class StageLatency(Record, frozen=True, kw_only=True):
    """Where the time went, microseconds; a stage that did not run is 0."""

    transport_us: int  # capture to receipt by the edge, by two wall clocks: may be negative
    queue_us: int  # receipt to start of decoding, plus waits between the stages
    fetch_us: int  # fetching a claim check
    decode_us: int  # bytes to pixels
    preprocess_us: int  # pixels to the model's input
    infer_us: int  # the model itself
    judge_us: int  # output to verdict
    total_us: int  # receipt to verdict ready


class ShadowResult(Record, frozen=True, kw_only=True):
    """What a candidate would have said of the same frame; recorded, never acted on."""

    model: ModelRef  # the candidate
    verdict: Verdict  # its verdict
    defect_class: str | None  # its defect class
    score: float  # its defect score, 0..1
    scores: dict[str, float]  # its score per class
    boxes: list[Box]  # its boxes
    infer_us: int  # its time


class Inspection(Record, frozen=True, kw_only=True):
    """The one verdict on one frame."""

    edge_id: str  # inspection point
    instance: str  # process of that edge
    camera_id: str  # camera of the frame
    sequence: int  # the frame's number
    epoch: int  # the frame's epoch
    captured_at_us: int  # the frame's capture time, Unix microseconds
    inspected_at_us: int  # wall clock when the verdict was ready, Unix microseconds
    frame: FrameLocation  # where the image lies
    verdict: Verdict  # the verdict
    reason: str | None = None  # why, for review and error
    defect_class: str | None = None  # class that failed it
    score: float = 0.0  # defect score, 0 good .. 1 surely defective
    scores: dict[str, float] = {}  # score per class, 0..1
    margin: float | None = None  # nearest class's score minus its threshold: small means near; null when not judged
    boxes: list[Box] = []  # where, pixels of the image as captured
    image_width: int = 0  # pixels, 0 when it could not be decoded
    image_height: int = 0  # pixels, 0 when it could not be decoded
    model: ModelRef | None = None  # model that judged; null when none could
    config_revision: int = 0  # revision of thresholds and configuration
    rollout_id: str | None = None  # rollout that brought the model
    part_id: str | None = None  # part on the image
    product: str | None = None  # product or variant
    brightness: float = 0.0  # mean grey, 0..255
    blur: float = 0.0  # variance of the Laplacian of a grey thumbnail; small means blurred
    embedding: list[float] = []  # 16 numbers that summarise the image, for drift and near-twins
    shadow: ShadowResult | None = None  # a candidate's result
    latency: StageLatency  # where the time went
    deadline_missed: bool = False  # ready only after the edge's deadline

    @property
    def frame_id(self) -> str:
        return frame_id(self.camera_id, self.sequence)

    @property
    def event_id(self) -> str:
        return f"{self.frame_id}/inspection"
