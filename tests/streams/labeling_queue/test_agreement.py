"""Agreement: classes, boxes, and Cohen's kappa against scikit-learn's definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Box
from streams.labeling_queue.agreement import agree, category_of, iou, is_good, kappa, matching
from streams.labeling_queue.state import Answer, Drawn
from tests.streams.labeling_queue.made import CAMERA, labeled


def box(x: int, label: str = "dent", w: int = 10) -> Drawn:
    return (label, x, 0, w, 10, None)


def answer(category: str | None, *boxes: Drawn) -> Answer:
    return Answer("1", "first", "ann", 1, "unusable" if category is None else "labeled", category, list(boxes))


def test_the_class_is_the_one_named_else_those_of_the_boxes_else_good() -> None:
    task = f"{CAMERA}/1/first"
    drawn = [Box(label=name, x=0, y=0, w=1, h=1) for name in ("b", "a", "b")]
    assert category_of(labeled(task, "dent", boxes=drawn)) == "dent"
    assert category_of(labeled(task, None, boxes=drawn)) == "a+b"
    assert category_of(labeled(task, None)) == "good"


@pytest.mark.parametrize(("name", "good"), [("good", True), ("OK", True), (" Good ", True), ("goods", False)])
def test_good_is_defined_once(name: str, good: bool) -> None:
    assert is_good(name) is good


def test_overlap_is_shared_area_over_all_area() -> None:
    assert iou(box(0), box(0)) == 1
    assert iou(box(0), box(5)) == pytest.approx(1 / 3)
    assert iou(box(0), box(20)) == 0
    assert iou(box(0, w=0), box(0, w=0)) == 0


def test_boxes_agree_when_each_has_a_counterpart_of_its_class() -> None:
    assert matching([], [])
    assert matching([box(0), box(40)], [box(41), box(1)])
    assert not matching([box(0)], [box(0), box(0)])
    assert not matching([box(0)], [box(0, "scratch")])
    # Greedy matching would give the only partner of the second box to the first one.
    assert matching([box(0), box(4)], [box(2), box(-2)])


def test_people_agree_on_outcome_class_and_boxes() -> None:
    assert agree(answer("dent", box(0)), answer("dent", box(1)))
    assert not agree(answer("dent"), answer("good"))
    assert not agree(answer("dent"), answer(None))
    assert agree(answer(None), answer(None))
    assert not agree(answer("dent", box(0)), answer("dent", box(9)))


def test_kappa_knows_its_textbook_cases() -> None:
    assert kappa([]) is None
    assert kappa([("a", "a")] * 5) == 1
    table = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    assert kappa(table) == pytest.approx(0.4)
    assert kappa([("a", "b"), ("b", "a")]) == -1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=30))
def test_kappa_does_not_mind_who_was_first(pairs: list[tuple[str, str]]) -> None:
    value = kappa(pairs)
    assert value is not None
    assert -1 <= value <= 1
    assert value == kappa([(other, one) for one, other in pairs])
