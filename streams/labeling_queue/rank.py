"""Which question is worth a person's next second.

`priority` is information per second of a person's time. Information: a weight of the reason, halved at a margin of
CLOSENESS from the threshold (a label near it moves the threshold, one far away confirms what is known), halved again
each time a person passed the question on. Seconds: KEY for a look and a key, BOX more for each box to be drawn, twice
that for an adjudication, which looks at two opinions. BOX is from Papadopoulos et al., "Extreme clicking for efficient
object annotation", ICCV 2017: 7 s a box.

A person's request stands above everything that the queue asks by itself, by its own priority among its like.

Age: what an image can still teach about the model and the line of today halves in HALF_LIFE. As that is the same for
all, the order of two tasks never changes with time, and `rank` needs no clock.
"""

import math
from typing import Final

from schemas.records.labeling import TaskReason
from streams.labeling_queue.state import Task

WEIGHTS: Final[dict[TaskReason, float]] = {
    "adjudication": 2.0,  # two people disagree: neither label can be used before
    "review": 1.0,  # the model itself asks
    "shadow_disagreement": 0.8,
    "drift": 0.7,
    "near_threshold": 0.6,
    "second_label": 0.4,  # tells of people, not of parts
    "random_sample": 0.2,  # unbiased, and mostly confirms
    "request": 1.0,
}
CLOSENESS: Final = 0.05
KEY: Final = 2.0
BOX: Final = 7.0
REQUESTED: Final = 10.0  # above every unrequested priority
_HALF_LIFE_US: Final = 7 * 24 * 3_600_000_000
_DIGITS: Final = 6
_LOWEST: Final = 10.0**-_DIGITS


def expected_seconds(reason: TaskReason, *, draw_boxes: bool, boxes: int) -> float:
    """How long a person will take; `boxes` is how many the model predicts."""
    seconds = KEY + BOX * max(boxes, 1) if draw_boxes else KEY
    return 2 * seconds if reason == "adjudication" else seconds


def priority_of(reason: TaskReason, margin: float | None, *, draw_boxes: bool, boxes: int) -> float:
    """Information per second of an unrequested question; `margin` None counts as CLOSENESS away.

    >>> priority_of("review", 0.0, draw_boxes=False, boxes=0)
    0.5
    >>> priority_of("review", 0.05, draw_boxes=True, boxes=0)
    0.055556
    """
    near = reason in {"review", "near_threshold", "shadow_disagreement"}
    closeness = 1 / (1 + abs(CLOSENESS if margin is None else margin) / CLOSENESS) if near else 1.0
    information = WEIGHTS[reason] * closeness
    return _rounded(information / expected_seconds(reason, draw_boxes=draw_boxes, boxes=boxes))


def requested_priority(wish: float, *, draw_boxes: bool, boxes: int) -> float:
    """The priority of a request whose own is `wish`, kept within 0 and 1000."""
    wanted = min(max(wish, 0.0), 1000.0) if math.isfinite(wish) else 0.0
    return _rounded(REQUESTED + wanted / expected_seconds("request", draw_boxes=draw_boxes, boxes=boxes))


def passed_on(priority: float) -> float:
    """The priority after one more person passed the question on."""
    return _rounded(priority / 2)


def rank(frame_id: str, task: Task) -> tuple[float, int, str]:
    """Orders tasks: the lowest is displaced first."""
    worth = math.log2(max(task.priority, _LOWEST)) + task.captured_at_us / _HALF_LIFE_US
    return worth, task.captured_at_us, frame_id


def _rounded(priority: float) -> float:
    return round(priority, _DIGITS)
