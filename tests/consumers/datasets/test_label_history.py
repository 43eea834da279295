"""What is believed of an image, by the rules in label_history's docstring."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.datasets.label_history import CurrentLabel, current_labels, original_id
from schemas.records import Label
from tests.consumers.datasets.makers import DAY_US, corrected, label

SHA = "ab" * 32


def said(round_: str, text: str | None, at: int, **more: Any) -> Label:
    """An answer of a round, `at` days after the first moment."""
    who = {"first": "ann", "second": "bob", "adjudication": "cho", "imported": "file"}[round_]
    values = {
        "label_id": f"cam-1/0/{round_}/{at}",
        "task_id": None if round_ == "imported" else f"cam-1/0/{round_}",
        "round": round_,
        "label": text,
        "labeler": who,
        "labeled_at_us": at * DAY_US,
    }
    return label(SHA, **{**values, **more})


def current(*labels: Label) -> CurrentLabel:
    return current_labels(labels)[SHA]


def test_one_answer_is_believed() -> None:
    found = current(said("first", "dent", 1))
    assert (found.label.label, found.state, found.labelers, found.usable) == ("dent", "single", ("ann",), True)


def test_two_who_agree_agree() -> None:
    found = current(said("first", "dent", 1), said("second", "dent", 2))
    assert (found.state, found.labelers, found.usable) == ("agreed", ("ann", "bob"), True)


def test_two_who_contradict_dispute_and_adjudication_wins_even_over_later_answers() -> None:
    first, second = said("first", "dent", 1), said("second", "good", 2)
    assert (current(first, second).state, current(first, second).usable) == ("disputed", False)
    found = current(first, second, said("adjudication", "good", 3), said("first", "scratch", 4))
    assert (found.label.label, found.state, found.usable) == ("good", "adjudicated", True)


def test_a_correction_replaces_its_original_and_keeps_its_round() -> None:
    first, second = said("first", "dent", 1), said("second", "good", 2)
    found = current(first, second, corrected(second, DAY_US, label="dent"))
    assert (found.state, found.label.label) == ("agreed", "dent")
    assert found.label_ids == (first.label_id, second.label_id, f"{second.label_id}/v2")


def test_a_newer_import_settles_and_an_older_one_is_overruled() -> None:
    first = said("first", "dent", 2)
    assert current(said("imported", "good", 1), first).label.label == "dent"
    found = current(first, said("second", "good", 3), said("imported", "scratch", 4))
    assert (found.label.label, found.state) == ("scratch", "imported")


@pytest.mark.parametrize("outcome", ["unsure", "skipped"])
def test_who_does_not_decide_says_nothing(outcome: str) -> None:
    assert current_labels([said("first", None, 1, outcome=outcome)]) == {}
    found = current(said("first", None, 2, outcome=outcome), said("second", "dent", 1))
    assert (found.label.label, found.labelers) == ("dent", ("bob",))


def test_unusable_is_an_answer_that_no_dataset_takes() -> None:
    found = current(said("first", None, 1, outcome="unusable"))
    assert (found.label.outcome, found.usable) == ("unusable", False)


def test_a_repeated_id_counts_once_and_the_first_of_it() -> None:
    first = said("first", "dent", 1)
    again = msgspec.structs.replace(first, label="good")
    found = current(first, again)
    assert (found.label.label, len(found.answers)) == ("dent", 1)


def test_the_time_of_the_first_decision_never_changes() -> None:
    first = said("first", None, 1, outcome="unsure")
    decided = corrected(first, DAY_US, outcome="labeled", label="dent")
    later = corrected(decided, DAY_US, label="good", label_id=f"{first.label_id}/v3")
    assert current(first, decided).decided_at_us == 2 * DAY_US
    assert current(first, decided, later, said("second", "dent", 9)).decided_at_us == 2 * DAY_US


def test_a_correction_whose_original_is_gone_still_knows_its_round() -> None:
    alone = corrected(said("second", "good", 1), 1, label="dent")
    assert current(alone).answers[0].round == "second"
    assert original_id(alone.label_id) == "cam-1/0/second/1"


ROUNDS = st.sampled_from(["first", "second", "adjudication", "imported"])
ANSWERS = st.lists(st.tuples(ROUNDS, st.sampled_from(["good", "dent"]), st.integers(1, 50)), min_size=1, max_size=8)


@given(answers=ANSWERS, seed=st.integers(0, 99))
def test_the_order_of_records_does_not_matter(answers: list[tuple[str, str, int]], seed: int) -> None:
    labels = list({one.label_id: one for one in (said(*answer) for answer in answers)}.values())
    shuffled = random.Random(seed).sample(labels, len(labels))
    assert current_labels(labels) == current_labels(shuffled)


@given(answers=ANSWERS)
def test_later_labels_never_change_when_an_image_was_first_decided(answers: list[tuple[str, str, int]]) -> None:
    labels = sorted(
        {one.label_id: one for one in (said(*a) for a in answers)}.values(), key=lambda one: one.labeled_at_us
    )
    known = [current_labels(labels[: count + 1])[SHA] for count in range(len(labels))]
    assert len({one.decided_at_us for one in known}) == 1
    assert len({one.origin.labeled_at_us for one in known}) == 1
