"""The step as a whole: what comes again changes nothing, and a topic made anew is read from its beginning."""

import pytest

from streams.labeling_queue.events import Answered, Asking, Event, Sources
from streams.labeling_queue.state import Rule, StateVersionError
from streams.labeling_queue.step import advance, step
from tests.streams.labeling_queue.made import CAMERA, EDGE, PLAIN, Desk, inspected, labeled, requested

FIRST = f"{CAMERA}/1/first"


def told(desk: Desk) -> dict[str, tuple[str, str, int]]:
    known = {**desk.queue.open, **desk.queue.closed}
    return {frame: (task.round, task.state, task.revision) for frame, task in known.items()}


def test_a_review_opens_a_task_and_a_label_closes_it() -> None:
    desk = Desk().take(inspected(1))
    assert desk.open_ids() == {FIRST}
    task = desk.tasks[f"{CAMERA}/1"]
    assert (task.state, task.reason, task.round, task.revision, task.verdict) == (
        *("opened", "review", "first", 1, "review"),
    )
    assert task.frame == inspected(1).frame
    desk.label(labeled(FIRST))
    task = desk.tasks[f"{CAMERA}/1"]
    assert (task.state, task.revision, task.close_reason) == ("closed", 2, "labeled")
    assert task.excluded_labelers == ["ann"]
    assert desk.open_ids() == set()
    assert desk.refused == []


def test_events_that_come_again_change_nothing() -> None:
    desk = Desk()
    events: list[Event] = [inspected(1), Asking(requested("r", [7]), 0), Answered(labeled(FIRST), 0), inspected(2)]
    desk.take(*events)
    before = told(desk)
    records = len(desk.records)
    for start in range(len(events)):
        desk.take(*events[start:])
    desk.take()
    assert told(desk) == before
    assert len(desk.records) == records


def test_a_topic_made_anew_is_read_from_its_beginning() -> None:
    desk = Desk().take(Sources("a", "b"), inspected(1), inspected(2))
    desk.take(Answered(labeled(FIRST), 41))
    desk.take(Answered(labeled(f"{CAMERA}/2/first"), 0))
    assert desk.open_ids() == {f"{CAMERA}/2/first"}, "offset 0 was read before"
    desk.take(Sources("another", "b"), Answered(labeled(f"{CAMERA}/2/first"), 0))
    assert desk.open_ids() == set()


def test_a_rule_takes_effect_only_when_it_is_newer() -> None:
    queue, _ = step(EDGE, None, [PLAIN, Rule(revision=1, queue_cap=77)])
    assert queue.rule == PLAIN


def test_without_events_nothing_changes() -> None:
    desk = Desk().take(inspected(1))
    assert advance(EDGE, desk.state, ())[0] == desk.state


@pytest.mark.parametrize("data", [b"", b"\x02abc", b"\x01\xff\xff", b"\x01"])
def test_a_state_that_is_none_says_so(data: bytes) -> None:
    with pytest.raises(StateVersionError):
        step(EDGE, data, [])
