"""Labels: rounds, passing on, corrections, and people who must not answer."""

import pytest

from schemas.records import Box
from streams.labeling_queue.answers import PASSES
from streams.labeling_queue.state import Rule
from tests.streams.labeling_queue.made import CAMERA, Desk, corrected, inspected, labeled, requested

FRAME = f"{CAMERA}/1"
FIRST, SECOND, THIRD = (f"{FRAME}/{asked}" for asked in ("first", "second", "adjudication"))
TWICE = Rule(revision=1, sample_rate=0.0, second_label_rate=1.0, skill="scratches")


def closed_for(desk: Desk) -> str:
    task = desk.tasks[FRAME]
    assert task.state == "closed"
    return (task.close_reason or "").partition(":")[0]


def test_a_second_label_is_blind_to_the_first_ones_labeler() -> None:
    desk = Desk(TWICE).take(inspected(1)).label(labeled(FIRST, "dent", labeler="ann"))
    assert [(record.task_id, record.state) for record in desk.records] == [
        *((FIRST, "opened"), (FIRST, "closed"), (SECOND, "opened")),
    ]
    task = desk.tasks[FRAME]
    assert (task.round, task.reason, task.excluded_labelers, task.skill) == (
        *("second", "second_label", ["ann"], "scratches"),
    )
    desk.label(labeled(SECOND, "dent", labeler="bob"))
    assert closed_for(desk) == "agreed"


def test_a_disagreement_is_adjudicated_by_a_third_person() -> None:
    desk = Desk(TWICE).take(inspected(1)).label(labeled(FIRST, "dent"), labeled(SECOND, "good", labeler="bob"))
    task = desk.tasks[FRAME]
    assert (task.task_id, task.state, task.skill) == (THIRD, "opened", "expert")
    assert task.excluded_labelers == ["ann", "bob"]
    desk.label(labeled(THIRD, "dent", labeler="eve"))
    assert closed_for(desk) == "adjudicated"
    assert desk.queue.totals.disagreements == 1


def test_boxes_apart_are_a_disagreement() -> None:
    here, there = (Box(label="dent", x=x, y=0, w=10, h=10) for x in (0, 9))
    desk = Desk(TWICE).take(inspected(1)).label(labeled(FIRST, "dent", boxes=[here]))
    desk.label(labeled(SECOND, "dent", boxes=[there], labeler="bob"))
    assert desk.tasks[FRAME].round == "adjudication"
    assert desk.queue.pairs == [("dent", "dent")], "kappa is of classes"


def test_who_labeled_or_passed_must_not_answer_again() -> None:
    desk = Desk(TWICE).take(inspected(1)).label(labeled(FIRST, labeler="ann"))
    desk.label(labeled(SECOND, "good", labeler="ann"))
    assert "ann answered" in desk.refused[0]
    assert desk.tasks[FRAME].task_id == SECOND


@pytest.mark.parametrize(("outcome", "skill"), [("unsure", "expert"), ("skipped", "scratches")])
def test_unsure_and_skipped_go_to_another_person(outcome: str, skill: str) -> None:
    desk = Desk(TWICE).take(inspected(1))
    before = desk.tasks[FRAME].priority
    desk.label(labeled(FIRST, outcome=outcome))  # type: ignore[arg-type]
    task = desk.tasks[FRAME]
    assert (task.task_id, task.state, task.excluded_labelers, task.skill) == (FIRST, "reopened", ["ann"], skill)
    assert task.priority == before / 2
    assert desk.sums() == (0, 0, 0)


def test_after_three_people_a_frame_is_given_up() -> None:
    desk = Desk().take(inspected(1))
    for number in range(PASSES):
        desk.label(labeled(FIRST, outcome="unsure", labeler=f"p{number}", token=number))
    assert closed_for(desk) == "gave_up"
    desk.ask(requested("r", [1]))
    assert desk.tasks[FRAME].state == "reopened"


def test_an_unusable_image_closes() -> None:
    desk = Desk(TWICE).take(inspected(1)).label(labeled(FIRST, outcome="unusable"))
    assert closed_for(desk) == "unusable"


def test_a_label_sent_twice_counts_once_and_a_late_one_changes_nothing() -> None:
    desk = Desk().take(inspected(1)).label(labeled(FIRST, token=1), labeled(FIRST, token=1))
    assert desk.sums()[0] == 1
    desk.label(labeled(FIRST, "good", token=2, labeler="bob"))
    assert (desk.sums()[0], closed_for(desk)) == (2, "labeled")
    assert desk.queue.totals.ignored == {"seen_before": 1, "late": 1}


def test_the_first_label_of_a_displaced_frame_still_counts() -> None:
    desk = Desk(Rule(revision=1, second_label_rate=1.0)).take(inspected(1, "pass", margin=0.0))
    desk.take(Rule(revision=2, queue_cap=0)).label(labeled(FIRST, "dent"))
    assert desk.sums() == (1, 1, 0)
    assert closed_for(desk) == "displaced"


def test_labels_of_frames_nobody_remembers_are_counted_as_such() -> None:
    desk = Desk().label(labeled("cam-9/5/first"))
    assert desk.queue.totals.ignored == {"not_remembered": 1}
    assert desk.records == []


def test_a_correction_may_settle_a_disagreement() -> None:
    first = labeled(FIRST, "dent")
    desk = Desk(TWICE).take(inspected(1)).label(first, labeled(SECOND, "good", labeler="bob"))
    desk.label(corrected(first, 2, "good"))
    assert closed_for(desk) == "settled"
    assert desk.queue.pairs == [("dent", "good")], "kappa is of what people said by themselves"


def test_a_correction_counts_once_and_unknown_ones_change_nothing() -> None:
    first = labeled(FIRST, "dent")
    desk = Desk().take(inspected(1, "pass", margin=0.0)).label(first, corrected(first, 2, "good"))
    desk.label(corrected(first, 2, "good"), corrected(labeled(FIRST, token=99), 2, "good"))
    assert desk.sums() == (2, 0, 0)
    assert desk.queue.totals.ignored == {"seen_before": 1, "not_remembered": 1}


def test_who_passed_and_thinks_again_has_answered() -> None:
    passed = labeled(FIRST, outcome="skipped", labeler="ann")
    desk = Desk().take(inspected(1)).label(passed)
    assert desk.tasks[FRAME].state == "reopened"
    desk.label(corrected(passed, 2, "good"))
    assert closed_for(desk) == "labeled"


def test_after_somebody_else_answered_who_thinks_again_changes_nothing_that_is_open() -> None:
    passed = labeled(FIRST, outcome="unsure", labeler="ann")
    desk = Desk(TWICE).take(inspected(1)).label(passed, labeled(FIRST, "dent", labeler="bob"))
    desk.label(corrected(passed, 2, "dent"))
    assert (desk.tasks[FRAME].round, desk.tasks[FRAME].state) == ("second", "opened")


def test_a_first_answer_that_was_taken_back_leaves_the_second_one_alone() -> None:
    first = labeled(FIRST, "dent", labeler="ann")
    desk = Desk(TWICE).take(inspected(1)).label(first, corrected(first, 2, None, "unsure"))
    desk.label(labeled(SECOND, "good", labeler="bob"))
    assert closed_for(desk) == "labeled"
    assert desk.refused == []
