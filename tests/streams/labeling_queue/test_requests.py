"""Requests: named frames, standing spans, and those of which nothing can come."""

from msgspec.structs import replace

from schemas.records import RequestedFrame
from streams.labeling_queue.state import SPANS, Rule
from tests.streams.labeling_queue.made import CAMERA, START, Desk, inspected, labeled, location, requested


def test_named_frames_are_asked_about_with_the_wishs_skill() -> None:
    desk = Desk(Rule(revision=1, skill="scratches"))
    desk.ask(requested("r", [7], skill="anyone", priority=3.0), requested("d", [8], origin="drift"))
    task = desk.tasks[f"{CAMERA}/7"]
    assert (task.reason, task.request_id, task.skill, task.verdict) == ("request", "r", "anyone", "pass")
    assert task.frame == location(7)
    assert (desk.tasks[f"{CAMERA}/8"].reason, desk.tasks[f"{CAMERA}/8"].skill) == ("drift", "scratches")
    assert task.priority > desk.tasks[f"{CAMERA}/8"].priority


def test_a_wish_for_an_open_frame_raises_it() -> None:
    desk = Desk().take(inspected(1)).ask(requested("r", [1]))
    task = desk.tasks[f"{CAMERA}/1"]
    assert (task.state, task.revision, task.reason, task.request_id) == ("opened", 2, "request", "r")
    assert task.priority > 10


def test_a_wish_for_a_judged_frame_is_a_duplicate() -> None:
    desk = Desk().take(inspected(1)).label(labeled(f"{CAMERA}/1/first")).ask(requested("r", [1]))
    assert desk.open_ids() == set()
    assert desk.queue.totals.dropped == {"same_frame": 1}


def test_a_request_sent_twice_counts_once() -> None:
    desk = Desk().ask(requested("r", [7])).label(labeled(f"{CAMERA}/7/first")).ask(requested("r", [8]))
    assert desk.tasks.keys() == {f"{CAMERA}/7"}
    assert desk.queue.totals.dropped == {"seen_before": 1}


def test_a_span_stands_for_frames_inspected_from_now_on() -> None:
    desk = Desk().take(inspected(1, "pass"))
    desk.ask(requested("s", from_us=START, to_us=START + 10_000_000, verdicts=["pass"], limit=2))
    desk.take(inspected(2, "fail"), inspected(3, "pass"), inspected(4, "pass"), inspected(5, "pass"))
    assert desk.open_ids() == {f"{CAMERA}/3/first", f"{CAMERA}/4/first"}
    assert {task.request_id for task in desk.tasks.values()} == {"s"}


def test_a_span_has_bounds_and_sees_errors_only_when_it_names_them() -> None:
    desk = Desk().ask(requested("s", to_us=START + 2_000_000))
    desk.take(inspected(1, "error"), inspected(2, "pass"), inspected(3, "pass"))
    assert desk.open_ids() == {f"{CAMERA}/2/first"}
    desk.ask(requested("e", from_us=0, verdicts=["error"])).take(inspected(4, "error"))
    assert f"{CAMERA}/4/first" in desk.open_ids()


def test_requests_of_which_nothing_can_come_are_refused_with_the_reason() -> None:
    desk = Desk().ask(requested("a"), requested("b", frame_ids=["cam-1/1"]))
    assert "asks for nothing" in desk.refused[0]
    assert "names 1 frames without their data" in desk.refused[1]


def test_one_wrong_frame_does_not_stop_the_others() -> None:
    wrong = RequestedFrame(camera_id="No", sequence=1, captured_at_us=0, frame=location(1))
    right = RequestedFrame(camera_id=CAMERA, sequence=2, captured_at_us=0, frame=location(2))
    desk = Desk().ask(replace(requested("r"), frames=[wrong, right]))
    assert desk.open_ids() == {f"{CAMERA}/2/first"}
    assert "1 frames that can't be asked about" in desk.refused[0]


def test_standing_requests_are_bounded_and_old_ones_make_room() -> None:
    desk = Desk().ask(*(requested(f"s{n}", from_us=0) for n in range(SPANS)), requested("more", from_us=0))
    assert "one too many" in desk.refused[0]
    old = Desk().ask(*(requested(f"s{n}", from_us=0, to_us=1) for n in range(SPANS)), requested("more", from_us=0))
    assert old.refused == []
