"""Inspections, labels and requests for tests of labeling_queue, and what its records amount to for a reader."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from schemas.records import (
    Box,
    EdgeStatistics,
    FrameLocation,
    Inspection,
    Label,
    LabelingRequest,
    LabelingTask,
    ModelRef,
    RequestedFrame,
    ShadowResult,
    StageLatency,
    Verdict,
)
from schemas.records.labeling import LabelOutcome
from streams.labeling_queue.announce import alarms_of, minutes_of, tasks_of
from streams.labeling_queue.events import Answered, Asking, Event
from streams.labeling_queue.state import Queue, Rule, encode_state
from streams.labeling_queue.step import step

EDGE = "press-1"
CAMERA = "cam-1"
START = 1_764_000_000_000_000
MINUTE = 60_000_000
# Nothing by chance: tests say what they want.
PLAIN = Rule(revision=1, sample_rate=0.0, near_threshold=0.05, second_label_rate=0.0, queue_cap=5)
MODEL = ModelRef(name="m", version="1", digest="sha256:aa", kind="rules")
LATENCY = StageLatency(
    transport_us=0, queue_us=0, fetch_us=0, decode_us=0, preprocess_us=0, infer_us=0, judge_us=0, total_us=0
)


def image(name: object) -> str:
    """The sha256 of an image of that name."""
    return sha256(str(name).encode()).hexdigest()


def location(sequence: int, camera: str = CAMERA, edge: str = EDGE, content: object = None) -> FrameLocation:
    """Where a frame lies."""
    name = f"{camera}/{sequence}" if content is None else content
    return FrameLocation(topic=f"frames.{edge}", partition=0, offset=sequence, sha256=image(name))


def inspected(
    sequence: int,
    verdict: Verdict = "review",
    *,
    camera: str = CAMERA,
    edge: str = EDGE,
    margin: float | None = None,
    content: object = None,
    at_us: int | None = None,
    shadow: Verdict | None = None,
    **more: Any,
) -> Inspection:
    """An inspection; `content` names the image, each frame has its own by default."""
    captured = START + sequence * 1_000_000 if at_us is None else at_us
    values: dict[str, Any] = {
        "edge_id": edge,
        "instance": "test-1",
        "camera_id": camera,
        "sequence": sequence,
        "epoch": 1,
        "captured_at_us": captured,
        "inspected_at_us": captured + 50_000,
        "frame": location(sequence, camera, edge, content),
        "verdict": verdict,
        "score": 0.5,
        "margin": margin,
        "model": MODEL,
        "shadow": None if shadow is None else shadowed(shadow),
        "latency": LATENCY,
    }
    return Inspection(**{**values, **more})


def shadowed(verdict: Verdict) -> ShadowResult:
    """What a candidate said."""
    return ShadowResult(model=MODEL, verdict=verdict, defect_class=None, score=0.5, scores={}, boxes=[], infer_us=1)


def labeled(
    task_id: str,
    label: str | None = "scratch",
    *,
    labeler: str = "ann",
    token: int = 1,
    outcome: LabelOutcome = "labeled",
    boxes: Sequence[Box] = (),
    edge: str = EDGE,
    at_us: int = START + 500 * MINUTE,
) -> Label:
    """A label that answers a task."""
    camera, sequence, asked = task_id.split("/")
    return Label(
        label_id=f"{task_id}/{token}",
        edge_id=edge,
        sha256=image(f"{camera}/{sequence}"),
        camera_id=camera,
        sequence=int(sequence),
        captured_at_us=START,
        task_id=task_id,
        version=1,
        labeler=labeler,
        labeled_at_us=at_us,
        seconds_taken=2.0,
        outcome=outcome,
        round=asked,  # type: ignore[arg-type]
        label=label if outcome == "labeled" else None,
        boxes=list(boxes),
        image_width=640,
        image_height=480,
    )


def corrected(original: Label, version: int, label: str | None, outcome: LabelOutcome = "labeled") -> Label:
    """A later version of a label."""
    return replace(
        original,
        label_id=f"{original.label_id}/v{version}",
        version=version,
        round="correction",
        label=label,
        outcome=outcome,
    )


def requested(
    request_id: str,
    frames: Iterable[int] = (),
    *,
    from_us: int | None = None,
    to_us: int | None = None,
    edge: str = EDGE,
    **more: Any,
) -> LabelingRequest:
    """A request for named frames, or for a span."""
    wanted = [
        RequestedFrame(
            camera_id=CAMERA,
            sequence=sequence,
            captured_at_us=START + sequence * 1_000_000,
            frame=location(sequence, edge=edge),
            verdict="pass",
        )
        for sequence in frames
    ]
    values: dict[str, Any] = {
        "request_id": request_id,
        "edge_id": edge,
        "origin": "person",
        "requested_by": "eve",
        "requested_at_us": START + MINUTE,
        "note": "",
        "frames": wanted,
        "frame_ids": [f"{CAMERA}/{frame.sequence}" for frame in wanted],
        "from_us": from_us,
        "to_us": to_us,
    }
    return LabelingRequest(**{**values, **more})


class Desk:
    """A queue under test with the topics around it: it keeps offsets, and what a reader of the tasks knows."""

    def __init__(self, rule: Rule = PLAIN) -> None:
        self.state: bytes | None = None
        self.queue = Queue(edge_id=EDGE)
        self.refused: list[str] = []
        self.tasks: dict[str, LabelingTask] = {}  # latest of each frame, as the compacted topic keeps it
        self.records: list[LabelingTask] = []
        self.minutes: dict[str, EdgeStatistics] = {}
        self.alarms: list[Any] = []
        self.offset = -1
        self.take(rule)

    def take(self, *events: Event) -> "Desk":
        """Step through events together, and announce what the state then says."""
        self.queue, out = step(EDGE, self.state, events)
        self.state = encode_state(self.queue)
        self.refused += [reason for _, reason in out.refused]
        self.announce()
        return self

    def announce(self) -> None:
        """Send what the state has to say."""
        for task in tasks_of(self.queue):
            self.records.append(task)
            self.tasks[task.frame_id] = task
        self.minutes.update({minute.key: minute for minute in minutes_of(self.queue)})
        self.alarms += list(alarms_of(self.queue))

    def label(self, *labels: Label) -> "Desk":
        """Take labels that come one behind the other."""
        return self.take(*(Answered(label, self._next()) for label in labels))

    def ask(self, *requests: LabelingRequest) -> "Desk":
        """Take requests that come one behind the other."""
        return self.take(*(Asking(request, self._next()) for request in requests))

    def _next(self) -> int:
        self.offset += 1
        return self.offset

    def open_ids(self) -> set[str]:
        """Tasks that a reader takes for open."""
        return {task.task_id for task in self.tasks.values() if task.state != "closed"}

    def sums(self) -> tuple[int, int, int]:
        """Labels, escapes and overkill over all minutes and writers."""
        values = self.minutes.values()
        return sum(m.labels for m in values), sum(m.escapes for m in values), sum(m.overkill for m in values)
