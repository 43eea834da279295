"""What a state has to say is a function of it, and is said until the next step."""

from schemas.identifiers import frame_id
from streams.labeling_queue.announce import alarms_of, has_news, minutes_of, tasks_of
from streams.labeling_queue.state import Queue, Rule, decode_state
from tests.streams.labeling_queue.made import CAMERA, Desk, inspected, labeled


def test_a_state_read_from_its_bytes_says_the_same_again() -> None:
    desk = Desk(Rule(revision=1, second_label_rate=1.0)).take(inspected(1, "pass", margin=0.0))
    desk.label(labeled(f"{CAMERA}/1/first", "dent"))
    assert desk.state is not None
    again = decode_state(desk.state)
    assert [(task.task_id, task.state, task.revision) for task in tasks_of(again)] == [
        *((f"{CAMERA}/1/first", "closed", 2), (f"{CAMERA}/1/second", "opened", 3)),
    ]
    assert [minute.labels for minute in minutes_of(again)] == [1]
    assert [alarm.kind for alarm in alarms_of(again)] == ["escape"]
    assert has_news(again)


def test_after_the_next_step_it_is_said() -> None:
    desk = Desk().take(inspected(1)).take(inspected(2, "pass"))
    assert not has_news(desk.queue)
    assert not has_news(Queue(edge_id="e"))


def test_event_ids_tell_changes_apart_and_repetitions_not() -> None:
    desk = Desk(Rule(revision=1, second_label_rate=1.0)).take(inspected(1)).label(labeled(f"{CAMERA}/1/first"))
    ids = [record.event_id for record in desk.records]
    assert ids == [f"{CAMERA}/1/first/1", f"{CAMERA}/1/first/2", f"{CAMERA}/1/second/3"]
    assert {record.frame_id for record in desk.records} == {frame_id(CAMERA, 1)}
