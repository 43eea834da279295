"""Places: the cap holds, the lowest goes, and nobody goes in silence."""

from streams.labeling_queue.room import code_of
from streams.labeling_queue.state import MAX_CAP, REMEMBERED, Rule
from tests.streams.labeling_queue.made import CAMERA, PLAIN, Desk, inspected, labeled, requested

SMALL = Rule(revision=1, sample_rate=0.0, second_label_rate=1.0, queue_cap=2)


def test_a_full_queue_closes_its_lowest_for_a_higher_newcomer_and_says_so() -> None:
    desk = Desk(SMALL).take(inspected(1, margin=0.3)).take(inspected(2, margin=0.0))
    desk.take(inspected(3, margin=0.01))
    gone = desk.tasks[f"{CAMERA}/1"]
    assert (gone.state, gone.revision, gone.changed_at_us) == ("closed", 2, inspected(3).inspected_at_us)
    assert (gone.close_reason or "").startswith("displaced: ")
    assert desk.open_ids() == {f"{CAMERA}/2/first", f"{CAMERA}/3/first"}
    assert desk.queue.totals.closed == {"displaced": 1}


def test_a_newcomer_that_ranks_lowest_gets_no_place_and_is_counted() -> None:
    desk = Desk(SMALL).take(inspected(1, margin=0.0), inspected(2, margin=0.0)).take(inspected(3, margin=0.9))
    assert len(desk.records) == 2
    assert desk.queue.totals.dropped == {"crowded_out": 1}


def test_what_was_never_announced_leaves_no_record() -> None:
    desk = Desk(SMALL).take(*(inspected(n, margin=0.0) for n in range(5)))
    assert [task.state for task in desk.records] == ["opened", "opened"]
    assert desk.queue.totals.opened == {"review": 2}
    assert desk.queue.totals.dropped == {"crowded_out": 3}


def test_a_request_always_wins_a_place_and_is_never_displaced() -> None:
    desk = Desk(SMALL).take(inspected(1), inspected(2)).ask(requested("r", [7, 8]))
    assert desk.open_ids() == {f"{CAMERA}/7/first", f"{CAMERA}/8/first"}
    desk.take(inspected(9, margin=0.0))
    assert desk.open_ids() == {f"{CAMERA}/7/first", f"{CAMERA}/8/first"}


def test_when_all_are_requested_one_more_is_told_that_there_is_no_place() -> None:
    desk = Desk(SMALL).ask(requested("r", [7, 8, 9]))
    refused = desk.tasks[f"{CAMERA}/9"]
    assert refused.state == "closed"
    assert (refused.close_reason or "").startswith("no_place: ")
    desk.label(labeled(f"{CAMERA}/7/first", outcome="unusable")).ask(requested("again", [9]))
    assert desk.tasks[f"{CAMERA}/9"].state == "reopened"


def test_a_lower_cap_takes_effect_at_once() -> None:
    desk = Desk(PLAIN).take(*(inspected(n) for n in range(5))).take(Rule(revision=2, queue_cap=2))
    assert len(desk.queue.open) == 2
    assert len([task for task in desk.tasks.values() if task.state == "closed"]) == 3


def test_a_second_label_of_a_wish_may_be_displaced() -> None:
    desk = Desk(SMALL).ask(requested("r", [7, 8])).label(labeled(f"{CAMERA}/7/first"))
    desk.take(inspected(9, margin=0.0))
    assert desk.open_ids() == {f"{CAMERA}/8/first", f"{CAMERA}/9/first"}
    assert code_of(desk.tasks[f"{CAMERA}/7"].close_reason or "") == "displaced"


def test_caps_have_a_limit_and_a_cap_of_nothing_admits_nothing() -> None:
    assert Rule(queue_cap=10**6).cap == MAX_CAP
    assert Rule(queue_cap=-1).cap == 0
    assert Desk(Rule(revision=1, queue_cap=0)).take(inspected(1)).records == []


def test_only_the_latest_closed_frames_are_remembered() -> None:
    desk = Desk(Rule(revision=1, second_label_rate=0.0))
    for number in range(REMEMBERED + 20):
        desk.take(inspected(number)).label(labeled(f"{CAMERA}/{number}/first"))
    desk.take(inspected(10_000))
    assert len(desk.queue.closed) == REMEMBERED
    assert f"{CAMERA}/0" not in desk.queue.closed


def test_a_frame_asked_about_again_after_it_was_forgotten_goes_on_above_its_old_revisions() -> None:
    desk = Desk(Rule(revision=1, second_label_rate=0.0))
    for number in range(REMEMBERED + 2):
        desk.take(inspected(number)).label(labeled(f"{CAMERA}/{number}/first", "good"))
    before = desk.tasks[f"{CAMERA}/0"]
    assert before.state == "closed"
    assert desk.queue.find(f"{CAMERA}/0") is None
    desk.ask(requested("again", [0]))
    after = desk.tasks[f"{CAMERA}/0"]
    assert (after.state, after.request_id) == ("opened", "again")
    assert after.revision > before.revision, "readers drop a lower revision"
