"""What people say about frames, and what they are asked."""

from typing import Literal

from schemas.identifiers import frame_id
from schemas.records.base import Record
from schemas.records.frame import Box
from schemas.records.inspection import FrameLocation, Verdict

LabelOutcome = Literal["labeled", "unsure", "skipped", "unusable"]
LabelRound = Literal["first", "second", "adjudication", "correction", "imported"]
TaskReason = Literal[
    "review",
    "near_threshold",
    "random_sample",
    "drift",
    "shadow_disagreement",
    "request",
    "second_label",
    "adjudication",
]
TaskState = Literal["opened", "reopened", "closed"]
RequestOrigin = Literal["person", "drift", "policy"]


class Prediction(Record, frozen=True, kw_only=True):
    """What the model said, as the labeler could see it."""

    label: str | None  # predicted class
    score: float  # defect score, 0..1
    boxes: list[Box] = []  # predicted boxes


class Label(Record, frozen=True, kw_only=True):
    """One version of one person's label for one frame."""

    label_id: str  # derived from task and fencing token, so that a retry reuses it
    edge_id: str  # inspection point
    sha256: str  # of the image bytes, 64 hex digits: what the label is of, also when it never was a frame
    camera_id: str | None = None  # camera of the frame; null for an imported image
    sequence: int | None = None  # the frame's number; null for an imported image
    captured_at_us: int  # when the image was taken, Unix microseconds
    frame: FrameLocation | None = None  # where the frame lies; null for an imported image
    part_id: str | None = None  # part on the image
    product: str | None = None  # product or variant
    task_id: str | None  # task it answers; null when imported
    version: int  # rises with each correction by the same person
    labeler: str  # who
    labeled_at_us: int  # when, Unix microseconds
    seconds_taken: float  # from image shown to submit, seconds
    outcome: LabelOutcome  # what the person decided
    round: LabelRound  # which look at the frame this is
    label: str | None  # class of the image, null when unsure or skipped
    boxes: list[Box] = []  # drawn boxes
    image_width: int  # pixels the boxes refer to
    image_height: int  # pixels the boxes refer to
    prediction_shown: Prediction | None = None  # what the person saw of the model, null when hidden
    verdict_shown: Verdict | None = None  # verdict the person saw
    note: str | None = None  # free words

    @property
    def frame_id(self) -> str | None:
        if self.camera_id is None or self.sequence is None:
            return None
        return frame_id(self.camera_id, self.sequence)

    @property
    def event_id(self) -> str:
        return self.label_id


class RequestedFrame(Record, frozen=True, kw_only=True):
    """A frame that somebody wants labeled, with all a task needs to know of it."""

    camera_id: str  # camera of the frame
    sequence: int  # the frame's number
    captured_at_us: int  # the frame's capture time, Unix microseconds
    frame: FrameLocation  # where the image lies
    part_id: str | None = None  # part on the image
    product: str | None = None  # product or variant
    prediction: Prediction | None = None  # what the model said
    verdict: Verdict | None = None  # the verdict given


class LabelingRequest(Record, frozen=True, kw_only=True):
    """A wish to have frames labeled: named ones, or a span of time."""

    request_id: str  # unique
    edge_id: str  # inspection point
    origin: RequestOrigin  # who or what wishes
    requested_by: str  # person or policy
    requested_at_us: int  # Unix microseconds
    note: str  # why, in words
    frame_ids: list[str] = []  # named frames
    from_us: int | None = None  # or frames captured from here ...
    to_us: int | None = None  # ... up to here
    verdicts: list[str] = []  # of the span only these verdicts; empty means all
    limit: int = 100  # at most so many
    priority: float = 1.0  # larger first
    skill: str | None = None  # skill it needs
    frames: list[RequestedFrame] = []  # named frames with all that is known of them

    @property
    def event_id(self) -> str:
        return self.request_id


class LabelingTask(Record, frozen=True, kw_only=True):
    """The state of one question to a person about one frame."""

    task_id: str  # derived from frame id and round
    edge_id: str  # inspection point
    camera_id: str  # camera of the frame
    sequence: int  # the frame's number
    captured_at_us: int  # the frame's capture time
    frame: FrameLocation  # where the image lies
    state: TaskState  # state
    revision: int  # rises with each change
    changed_at_us: int  # event time of the change
    reason: TaskReason  # why it is asked
    round: LabelRound  # which look at the frame
    priority: float  # information per second of a person's time
    skill: str | None = None  # skill it needs
    part_id: str | None = None  # part on the image
    product: str | None = None  # product or variant
    request_id: str | None = None  # wish it answers
    prediction: Prediction | None = None  # what the model said
    verdict: Verdict | None = None  # the verdict given
    excluded_labelers: list[str] = []  # who must not answer: a second label is blind
    close_reason: str | None = None  # why it was closed

    @property
    def frame_id(self) -> str:
        return frame_id(self.camera_id, self.sequence)

    @property
    def event_id(self) -> str:
        return f"{self.task_id}/{self.revision}"
