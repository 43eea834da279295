"""Which inspections become questions.

The reason is the most telling one that applies: a standing request, the verdict review, another verdict of the shadow
model, a margin within the policy's bound, the random sample. An error is asked about only when a request names that
verdict: there is nothing to see.

Duplicates get no place: the same frame, the same image (by sha256, among open and lately closed frames), and
look-alikes. **A look-alike** is to the model like an open question of its camera: same verdict, same predicted class,
scores within ALIKE_SCORE, and embeddings within ALIKE_DISTANCE of each other, relative to their length. The 16 numbers
are coarse: for models without features they are the mean greys of a 4 x 4 grid, and a scratch hardly moves those. So a
look-alike must pass all these tests, and a verdict of review is one only of the same part seen again: two parts that
both need a look are two questions, however alike they are. Requests never are: somebody wants to see just these.
Only open tasks are compared, so the work and the state are bounded by the cap.
"""

import math
import struct
from collections.abc import Iterable, Sequence
from hashlib import sha256 as digest
from typing import Final

from schemas.identifiers import checked_identifier
from schemas.records import Box, FrameLocation, Inspection, Prediction, RequestedFrame
from schemas.records.labeling import TaskReason
from schemas.topics import FRAMES
from streams.errors import StreamsError
from streams.labeling_queue.events import Passed, chosen
from streams.labeling_queue.rank import priority_of, requested_priority
from streams.labeling_queue.room import put
from streams.labeling_queue.state import (
    TASK_BYTES,
    Camera,
    Drawn,
    Queue,
    Rule,
    Seen,
    Span,
    Task,
    add,
    finite,
    size_of,
)

MAX_CAMERAS: Final = 256
ALIKE_SCORE: Final = 0.02
ALIKE_DISTANCE: Final = 0.02
BOXES: Final = 16  # of a prediction; the surest ones
NAME_LENGTH: Final = 128
_SCALE: Final = 1 / 8192  # embeddings as 16-bit numbers: range 4, step 0.0001, as fine as they are published
_SHA256_BYTES: Final = 32


class ImpossibleEventError(StreamsError):
    """An event that can't be true, with its value; it becomes a dead letter."""


def concerns(queue: Queue, inspection: Inspection) -> bool:
    """Whether an inspection may become a question; all others leave nothing but their camera's mark in the state."""
    return _span_for(queue.spans, inspection) is not None or reason_of(queue.rule, inspection) is not None


def reason_of(rule: Rule, inspection: Inspection) -> TaskReason | None:
    """Why a frame would be asked about without anybody's request; None for most."""
    verdict, shadow, margin = inspection.verdict, inspection.shadow, finite(inspection.margin)
    if verdict == "error":
        return None
    if verdict == "review":
        return "review"
    if shadow is not None and shadow.verdict != verdict:
        return "shadow_disagreement"
    if margin is not None and abs(margin) <= rule.near_threshold:
        return "near_threshold"
    return "random_sample" if chosen("sample", inspection.frame_id, rule.sample_rate) else None


def admit(queue: Queue, inspection: Inspection) -> None:
    """Give an inspection's frame a place if it deserves one; ImpossibleEventError for what can't be."""
    if not _is_new(queue, inspection) or not concerns(queue, inspection):
        return
    span, reason = _span_for(queue.spans, inspection), reason_of(queue.rule, inspection)
    if span is not None:
        task = _task_of(queue, inspection, span.reason)
        task.request_id, task.skill = span.request_id, span.skill or queue.rule.skill
        task.priority = wish_priority(queue.rule, span.priority, task)
    elif reason is not None:
        task = _task_of(queue, inspection, reason)
    cause = duplicate(queue, inspection.frame_id, task) or (
        "" if span is not None else _look_alike(queue, inspection, task)
    )
    if cause:
        add(queue.totals.dropped, cause)
        return
    if span is not None:
        span.left -= 1
    put(queue, inspection.frame_id, bounded(task, inspection.frame_id), inspection.inspected_at_us)


def _is_new(queue: Queue, inspection: Inspection) -> bool:
    camera_id, sequence, epoch = inspection.camera_id, inspection.sequence, inspection.epoch
    camera = queue.cameras.get(camera_id)
    if camera is None:
        check_frame_id(camera_id, sequence)
        if len(queue.cameras) >= MAX_CAMERAS:
            raise ImpossibleEventError(f"camera {camera_id} would be more than {MAX_CAMERAS} of edge {queue.edge_id}")
        queue.cameras[camera_id] = Camera(epoch, sequence)
        return True
    if sequence <= camera.sequence:
        if epoch > camera.epoch:
            raise ImpossibleEventError(
                f"frame {inspection.frame_id} of epoch {epoch} goes back behind {camera.sequence} of epoch "
                f"{camera.epoch}: a camera's numbers only rise"
            )
        add(queue.totals.dropped, "seen_before")
        return False
    camera.epoch, camera.sequence = max(camera.epoch, epoch), sequence
    return True


def pass_by(queue: Queue, passed: Passed) -> None:
    """Move the marks of cameras past frames that were nothing to ask about."""
    for camera_id, (epoch, sequence) in passed.marks.items():
        camera = queue.cameras.get(camera_id)
        if camera is not None:
            camera.epoch, camera.sequence = max(camera.epoch, epoch), max(camera.sequence, sequence)
        elif len(queue.cameras) < MAX_CAMERAS:
            check_frame_id(camera_id, sequence)
            queue.cameras[camera_id] = Camera(epoch, sequence)


def check_frame_id(camera_id: str, sequence: int) -> None:
    """InvalidIdentifierError or ImpossibleEventError for a frame that no camera could have numbered."""
    checked_identifier(camera_id, "camera")
    if sequence < 0:
        raise ImpossibleEventError(f"frame {camera_id}/{sequence}: the number is below 0")


def _span_for(spans: Sequence[Span], inspection: Inspection) -> Span | None:
    at_us, verdict = inspection.captured_at_us, inspection.verdict
    for span in spans:
        wanted = verdict in span.verdicts if span.verdicts else verdict != "error"
        if wanted and span.left > 0 and span.from_us <= at_us <= span.to_us:
            return span
    return None


# Tasks ---------------------------------------------------------------------------------------------------------------


def _task_of(queue: Queue, inspection: Inspection, reason: TaskReason) -> Task:
    seen = seen_of(inspection.defect_class, inspection.score, inspection.boxes)
    rule = queue.rule
    priority = priority_of(reason, finite(inspection.margin), draw_boxes=rule.draw_boxes, boxes=len(seen.boxes))
    task = blank_task(queue, inspection.frame, inspection.captured_at_us, inspection.inspected_at_us, reason)
    task.verdict, task.priority, task.skill = inspection.verdict, priority, rule.skill
    task.part_id, task.product = short(inspection.part_id), short(inspection.product)
    task.prediction, task.embedding = seen, packed(inspection.embedding)
    return task


def requested_task(queue: Queue, frame: RequestedFrame, reason: TaskReason, at_us: int) -> Task:
    """The question about a frame that a request names."""
    check_frame_id(frame.camera_id, frame.sequence)
    task = blank_task(queue, frame.frame, frame.captured_at_us, at_us, reason)
    task.verdict = frame.verdict
    task.part_id, task.product = short(frame.part_id), short(frame.product)
    shown: Prediction | None = frame.prediction
    task.prediction = None if shown is None else seen_of(shown.label, shown.score, shown.boxes)
    return task


def blank_task(queue: Queue, where: FrameLocation, captured_at_us: int, at_us: int, reason: TaskReason) -> Task:
    """A question about a frame, without anything known of it; ImpossibleEventError when its sha256 is none."""
    try:
        image = bytes.fromhex(where.sha256)
    except ValueError:
        image = b""
    if len(image) != _SHA256_BYTES:
        raise ImpossibleEventError(f"sha256 {where.sha256!r} is not 64 hex digits")
    topic = None if where.topic == FRAMES.of(queue.edge_id) else where.topic
    task = Task(image, captured_at_us, topic, where.partition, where.offset, None, reason, 0.0, at_us)
    # The frame may have been asked about and forgotten: readers drop a lower revision than they have seen.
    task.revision = queue.forgotten + 1
    return task


def wish_priority(rule: Rule, wish: float, task: Task) -> float:
    """The priority of a requested task."""
    boxes = 0 if task.prediction is None else len(task.prediction.boxes)
    return requested_priority(wish, draw_boxes=rule.draw_boxes, boxes=boxes)


def bounded(task: Task, frame_id: str) -> Task:
    """A task that fits its share of the state, without predicted boxes if need be; else ImpossibleEventError."""
    if size_of(task) > TASK_BYTES and task.prediction is not None:
        task.prediction.boxes = []
    if (size := size_of(task)) > TASK_BYTES:
        raise ImpossibleEventError(f"frame {frame_id} says {size} bytes about itself, a task holds {TASK_BYTES}")
    return task


def seen_of(label: str | None, score: float, boxes: Iterable[Box]) -> Seen:
    """A prediction as it is kept: the surest boxes."""
    return Seen(short(label), finite(score) or 0.0, drawn(boxes)[:BOXES])


def drawn(boxes: Iterable[Box]) -> list[Drawn]:
    """Boxes as they are kept, the surest first."""
    kept = [(short(box.label) or "", box.x, box.y, box.w, box.h, finite(box.score)) for box in boxes]
    return sorted(kept, key=lambda box: -1.0 if box[5] is None else -box[5])


def short(name: str | None) -> str | None:
    """A name of bounded length; a longer one becomes its hash, so that equal ones stay equal."""
    return name if name is None or len(name) <= NAME_LENGTH else digest(name.encode()).hexdigest()


def packed(embedding: Sequence[float]) -> bytes:
    """An embedding as 16-bit numbers; empty when it holds none or what can't be compared."""
    if not all(math.isfinite(value) for value in embedding):
        return b""
    steps = [min(max(round(value / _SCALE), -32768), 32767) for value in embedding[:64]]
    return struct.pack(f"<{len(steps)}h", *steps)


# Duplicates ----------------------------------------------------------------------------------------------------------


def duplicate(queue: Queue, frame_id: str, task: Task) -> str:
    """The cause why a frame is none to ask about again; empty when it is new."""
    if queue.find(frame_id) is not None:
        return "same_frame"
    images = (*queue.open.values(), *queue.closed.values())
    return "same_image" if any(known.sha256 == task.sha256 for known in images) else ""


def _look_alike(queue: Queue, inspection: Inspection, task: Task) -> str:
    if not task.embedding or task.prediction is None:
        return ""
    mine, prefix = _unpacked(task.embedding), f"{inspection.camera_id}/"
    for frame_id, other in queue.open.items():
        if frame_id.startswith(prefix) and _looks_like(task, other) and near(mine, _unpacked(other.embedding)):
            return "look_alike"
    return ""


def _looks_like(task: Task, other: Task) -> bool:
    mine, theirs = task.prediction, other.prediction
    if mine is None or theirs is None or len(task.embedding) != len(other.embedding):
        return False
    if task.verdict == "review" and (task.part_id is None or task.part_id != other.part_id):
        return False
    alike = (task.verdict, mine.label) == (other.verdict, theirs.label)
    return alike and abs(mine.score - theirs.score) <= ALIKE_SCORE


def near(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two embeddings are within ALIKE_DISTANCE of each other, relative to the longer one."""
    return math.dist(one, other) <= ALIKE_DISTANCE * max(math.hypot(*one), math.hypot(*other))


def _unpacked(embedding: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(embedding) // 2}h", embedding)
