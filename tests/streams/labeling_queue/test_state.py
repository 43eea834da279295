"""State survives its bytes, stays small, and fits into a message at its worst."""

import random

import pytest

from schemas.records import Box, Inspection
from streams.labeling_queue.state import MAX_CAP, Rule, decode_state, encode_state
from tests.streams.labeling_queue.made import CAMERA, START, Desk, inspected, labeled

MESSAGE = 1_000_000  # streams.worker: producer_max_request_size
ANSWERED = 300  # frames: more than a queue remembers


def full(cap: int, boxes: int = 0, long_names: bool = False) -> Desk:
    """A full queue, with as many frames answered before; in steps of many events, as a busy edge has them."""
    choose = random.Random(1)
    desk = Desk(Rule(revision=1, second_label_rate=0.05, queue_cap=cap))
    frames = [_frame(number, choose, boxes, "x" * 40 if long_names else "") for number in range(cap + ANSWERED)]
    for first in range(0, ANSWERED, size := min(cap, 100)):
        some = range(first, min(first + size, ANSWERED))
        desk.take(*(frames[number] for number in some))
        desk.label(*(labeled(f"{CAMERA}/{number}/first") for number in some))
    return desk.take(*frames[ANSWERED:])


def _frame(number: int, choose: random.Random, boxes: int, name: str) -> Inspection:
    return inspected(
        number,
        margin=0.01,
        at_us=START + number * 90_000 + choose.randrange(50_000),
        defect_class="dent",
        score=round(choose.random(), 4),
        boxes=[
            Box(
                label=f"dent{name}",
                x=choose.randrange(4000),
                y=choose.randrange(3000),
                w=99,
                h=99,
                score=choose.random(),
            )
            for _ in range(boxes)
        ],
        part_id=f"part-{number}{name}",
        embedding=[round(choose.random(), 4) for _ in range(16)],
    )


def test_a_state_is_the_same_after_its_bytes() -> None:
    desk = full(5)
    assert decode_state(encode_state(desk.queue)) == desk.queue


def test_a_usual_queue_takes_little_more_than_a_hundred_bytes_a_task() -> None:
    desk = full(500)
    assert len(desk.queue.open) == 500
    assert desk.state is not None
    assert len(desk.state) < 500 * 150


@pytest.mark.parametrize("long_names", [False, True])
def test_the_largest_queue_fits_into_a_message(long_names: bool) -> None:
    desk = full(MAX_CAP, boxes=20, long_names=long_names)
    assert len(desk.queue.open) == MAX_CAP
    assert desk.state is not None
    assert len(desk.state) < MESSAGE
