"""Rank: what tells more, nearer, newer and quicker comes first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.labeling_queue.rank import (
    BOX,
    KEY,
    REQUESTED,
    WEIGHTS,
    expected_seconds,
    passed_on,
    priority_of,
    rank,
    requested_priority,
)
from streams.labeling_queue.state import Task

REASONS = sorted(set(WEIGHTS) - {"request", "drift"})


def task(priority: float, at_us: int) -> Task:
    return Task(b"", at_us, None, 0, 0, None, "review", priority, at_us)


def test_boxes_take_longer_than_a_key_and_adjudication_longer_still() -> None:
    assert expected_seconds("review", draw_boxes=False, boxes=9) == KEY
    assert expected_seconds("review", draw_boxes=True, boxes=3) == KEY + 3 * BOX
    assert expected_seconds("adjudication", draw_boxes=False, boxes=0) == 2 * KEY


@given(st.floats(0, 1), st.floats(0, 1))
def test_nearer_the_threshold_tells_more(one: float, other: float) -> None:
    near, far = sorted((one, other))
    priorities = [priority_of("near_threshold", margin, draw_boxes=False, boxes=0) for margin in (near, -far)]
    assert priorities[0] >= priorities[1]


@given(st.sampled_from(REASONS), st.floats(-1, 1), st.floats(allow_nan=True))
def test_a_wish_stands_above_all_that_nobody_wished(reason: str, margin: float, wish: float) -> None:
    unrequested = priority_of(reason, margin, draw_boxes=False, boxes=0)  # type: ignore[arg-type]
    assert 0 < unrequested < REQUESTED <= requested_priority(wish, draw_boxes=True, boxes=5)


def test_wishes_keep_their_order_among_themselves() -> None:
    low, high = (requested_priority(wish, draw_boxes=False, boxes=0) for wish in (1.0, 2.0))
    assert low < high


def test_a_week_halves_what_an_image_teaches() -> None:
    week = 7 * 24 * 3_600_000_000
    assert rank("a/1", task(0.4, 0))[0] == pytest.approx(rank("a/2", task(0.2, week))[0])
    assert rank("a/1", task(0.4, 0)) < rank("a/2", task(0.4, 1))


def test_passing_on_lowers_a_question_and_never_to_nothing() -> None:
    assert passed_on(0.5) == 0.25
    assert rank("a/1", task(0.0, 0))
