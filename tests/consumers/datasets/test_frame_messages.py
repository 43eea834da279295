"""Dense offsets are read as one run; a read ends where its partition does, and nowhere else."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError
from hypothesis import given
from hypothesis import strategies as st

from consumers.datasets.frame_messages import FrameMessages, runs
from infra.kafka import TopicMissingError
from infra.settings import Settings


@given(st.sets(st.integers(0, 300)), st.integers(1, 20))
def test_runs_hold_every_offset_and_no_gap_is_wider_than_allowed(offsets: set[int], gap: int) -> None:
    ordered = sorted(offsets)
    found = runs(ordered, gap)
    assert [one for first, last in found for one in ordered if first <= one <= last] == ordered
    assert all(second[0] - first[1] > gap for first, second in pairwise(found))


def message(offset: int, topic: str = "frames.press-1", code: int | None = None) -> Any:
    error = None if code is None else KafkaError(code)
    return SimpleNamespace(topic=lambda: topic, partition=lambda: 0, offset=lambda: offset, error=lambda: error)


def reading(*answers: list[Any], first: int, end: int, low: int = 0) -> list[int]:
    """The offsets read from a consumer that gives these answers, then nothing, and still stands where it was before."""
    left = list(answers)
    reader = FrameMessages(Settings())
    reader.close()
    consumer: Any = SimpleNamespace(
        assign=lambda _places: None,
        unassign=lambda: None,
        consume=lambda _count, _seconds: left.pop(0) if left else pytest.fail("it read on after the end"),
        get_watermark_offsets=lambda _place, timeout: (low, 1_000),
        position=lambda _places: [SimpleNamespace(offset=10_000)],
    )
    reader._consumer = consumer
    found = list(reader.span_of("frames.press-1", 0, first, end))
    assert left == [], "it ended before the end"
    return [one.offset() or 0 for one in found]


def test_a_broker_that_answers_late_costs_no_record() -> None:
    assert reading([], [], [message(5), message(6)], [], [message(7)], first=5, end=8) == [5, 6, 7]


def test_what_another_assignment_left_in_the_queue_is_neither_taken_nor_an_end() -> None:
    stale = [message(6, "inspections"), message(9, "inspections", KafkaError._PARTITION_EOF), message(4)]
    assert reading(stale, [message(5), message(6)], first=5, end=7) == [5, 6]


def test_offsets_that_no_record_has_end_with_the_next_record_or_the_partition() -> None:
    assert reading([message(5)], [message(9)], first=5, end=8) == [5]
    assert reading([message(5)], [message(8, code=KafkaError._PARTITION_EOF)], first=5, end=8) == [5]


def test_what_retention_takes_while_it_is_read_costs_no_more_than_that() -> None:
    gone = [message(1, code=KafkaError._AUTO_OFFSET_RESET)]
    assert reading(gone, [message(4), message(5)], first=1, end=6, low=4) == [4, 5]
    assert reading(gone, first=1, end=3, low=9) == []


def test_an_offset_behind_the_end_of_the_log_is_the_end() -> None:
    assert reading([message(50, code=KafkaError._AUTO_OFFSET_RESET)], first=50, end=60, low=0) == []


def test_a_partition_no_topic_can_have_is_said() -> None:
    with pytest.raises(TopicMissingError, match="no partition 1099511627776"):
        FrameMessages(Settings()).one("frames.press-1", 2**40, 0)
