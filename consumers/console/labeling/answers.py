"""What a person says of a frame: checked, then made into the record that goes to Kafka. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from consumers.console.errors import ProblemError
from consumers.console.tables.inspections import InspectionRow
from consumers.console.tables.labels import TaskRow
from schemas.records import Box, FrameLocation, Label
from schemas.records.inspection import Verdict
from schemas.records.labeling import LabelOutcome, LabelRound, Prediction

BLIND: Final = "second"
"""The round whose labeler sees neither prediction nor verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One decision: boxes are integer pixels of an image of `image_width` x `image_height`."""

    outcome: LabelOutcome
    label: str | None
    boxes: tuple[Box, ...]
    image_width: int
    image_height: int
    note: str | None
    seconds_taken: float
    prediction_shown: bool = False


def check_answer(answer: Answer, classes: Sequence[str], size: tuple[int, int] | None) -> None:
    """Raise ProblemError 422 unless `answer` is possible.

    `classes` are the edge's (empty: any word), `size` the image's width and height where an inspection told it.
    """
    if answer.outcome == "labeled":
        _check_class(answer.label, classes, "the frame's class")
    elif answer.label is not None:
        raise _invalid(f"outcome {answer.outcome!r} goes without a class, but {answer.label!r} was sent")
    sent = (answer.image_width, answer.image_height)
    if min(sent) < 1 or (size is not None and sent != size):
        known = "" if size is None else f", the frame is {size[0]} x {size[1]}"
        raise _invalid(f"the boxes refer to an image of {sent[0]} x {sent[1]} pixels{known}: reload the image")
    for number, box in enumerate(answer.boxes, start=1):
        _check_class(box.label, classes, f"the class of box {number}")
        if min(box.x, box.y) < 0 or min(box.w, box.h) < 1 or box.x + box.w > sent[0] or box.y + box.h > sent[1]:
            place = f"{box.w} x {box.h} pixels at {box.x}, {box.y}"
            raise _invalid(f"box {number} ({place}) is not inside the image of {sent[0]} x {sent[1]} pixels")


def _check_class(label: str | None, classes: Sequence[str], what: str) -> None:
    if not label or not label.strip():
        raise _invalid(f"{what} is missing")
    if classes and label not in classes:
        raise _invalid(f"{what}, {label!r}, is not one of this edge's: {', '.join(classes)}")


def _invalid(detail: str) -> ProblemError:
    return ProblemError(422, "label_invalid", detail)


def location_of(row: TaskRow | InspectionRow) -> FrameLocation:
    """Where the frame of a task or inspection lies."""
    return FrameLocation(
        topic=row.frame_topic, partition=row.frame_partition, offset=row.frame_offset, sha256=row.sha256
    )


def first_label(task: TaskRow, answer: Answer, label_id: str, labeler: str, labeled_at_us: int) -> Label:
    """The record for an answer to `task`."""
    shown = answer.prediction_shown and task.round != BLIND
    prediction = msgspec.convert(task.prediction, Prediction) if shown and task.prediction is not None else None
    verdict = msgspec.convert(task.verdict, Verdict) if shown and task.verdict is not None else None
    return Label(
        label_id=label_id,
        edge_id=task.edge_id,
        sha256=task.sha256,
        camera_id=task.camera_id,
        sequence=task.sequence,
        captured_at_us=task.captured_at_us,
        frame=location_of(task),
        part_id=task.part_id,
        product=task.product,
        task_id=task.task_id,
        version=1,
        labeler=labeler,
        labeled_at_us=labeled_at_us,
        seconds_taken=answer.seconds_taken,
        outcome=answer.outcome,
        round=msgspec.convert(task.round, LabelRound),
        label=answer.label,
        boxes=[_drawn(box) for box in answer.boxes],
        image_width=answer.image_width,
        image_height=answer.image_height,
        prediction_shown=prediction,
        verdict_shown=verdict,
        note=answer.note or None,
    )


def corrected_label(latest: Label, answer: Answer, labeled_at_us: int) -> Label:
    """The next version of a label: same frame and task, another id, round `correction`."""
    version = latest.version + 1
    return msgspec.structs.replace(
        latest,
        label_id=f"{original_id(latest.label_id)}/v{version}",
        version=version,
        round="correction",
        labeled_at_us=labeled_at_us,
        seconds_taken=answer.seconds_taken,
        outcome=answer.outcome,
        label=answer.label,
        boxes=[_drawn(box) for box in answer.boxes],
        image_width=answer.image_width,
        image_height=answer.image_height,
        note=answer.note or None,
    )


def original_id(label_id: str) -> str:
    """The id of the first version of a label.

    >>> original_id("cam-1/7/first/2/v3"), original_id("cam-1/7/first/2")
    ('cam-1/7/first/2', 'cam-1/7/first/2')
    """
    base, _, last = label_id.rpartition("/")
    return base if last.startswith("v") and last[1:].isascii() and last[1:].isdigit() else label_id


def says(label: Label, answer: Answer) -> bool:
    """Whether a label holds just this answer: then sending it again is no second label."""
    return (
        label.outcome == answer.outcome
        and label.label == answer.label
        and label.boxes == [_drawn(box) for box in answer.boxes]
        and (label.image_width, label.image_height) == (answer.image_width, answer.image_height)
        and label.note == (answer.note or None)
    )


def _drawn(box: Box) -> Box:
    """A box as a person's: what a model gave it for a score is dropped."""
    return msgspec.structs.replace(box, score=None)
