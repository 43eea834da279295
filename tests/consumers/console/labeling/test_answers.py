"""What a person may say, and the record that comes of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.console.errors import ProblemError
from consumers.console.labeling.answers import check_answer, corrected_label, first_label, original_id, says
from schemas.codec import Codec
from schemas.records import Box, Label
from tests.consumers.console.labeling.rows import NOW, answer, task_row

CLASSES = ["good", "scratch"]


def box(**changes: Any) -> Box:
    return Box(**{"label": "scratch", "x": 0, "y": 0, "w": 640, "h": 480, **changes})


@pytest.mark.parametrize(
    "given_answer",
    [
        answer(),
        answer(boxes=(box(),)),
        answer(outcome="unsure", label=None, boxes=()),
        answer(outcome="unusable", label=None, boxes=(box(x=639, y=479, w=1, h=1),)),
    ],
)
def test_what_is_possible_passes(given_answer: Any) -> None:
    check_answer(given_answer, CLASSES, (640, 480))
    check_answer(given_answer, CLASSES, None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"label": None}, "the frame's class is missing"),
        ({"label": "  "}, "the frame's class is missing"),
        ({"label": "crack"}, "the frame's class, 'crack', is not one of this edge's: good, scratch"),
        ({"outcome": "skipped"}, "outcome 'skipped' goes without a class, but 'scratch' was sent"),
        ({"boxes": (box(label="crack"),)}, "the class of box 1, 'crack', is not one"),
        ({"boxes": (box(), box(x=1))}, "box 2 (640 x 480 pixels at 1, 0) is not inside the image of 640 x 480 pixels"),
        ({"boxes": (box(y=1),)}, "is not inside"),
        ({"boxes": (box(x=-1),)}, "is not inside"),
        ({"boxes": (box(w=0),)}, "is not inside"),
        ({"image_height": 481}, "an image of 640 x 481 pixels, the frame is 640 x 480: reload the image"),
    ],
)
def test_what_is_impossible_is_refused_in_words(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ProblemError) as problem:
        check_answer(answer(**changes), CLASSES, (640, 480))
    assert said in problem.value.detail
    assert (problem.value.status, problem.value.code) == (422, "label_invalid")


def test_without_classes_in_the_policy_any_word_is_one() -> None:
    check_answer(answer(label="nick", boxes=(box(label="burr"),)), [], None)
    with pytest.raises(ProblemError, match="class is missing"):
        check_answer(answer(label=""), [], None)


@given(st.integers(-5, 700), st.integers(-5, 500), st.integers(-5, 700), st.integers(-5, 500))
def test_a_box_passes_exactly_when_every_pixel_of_it_is_in_the_image(x: int, y: int, w: int, h: int) -> None:
    inside = x >= 0 and y >= 0 and w >= 1 and h >= 1 and x + w <= 640 and y + h <= 480
    try:
        check_answer(answer(boxes=(box(x=x, y=y, w=w, h=h),)), CLASSES, (640, 480))
    except ProblemError:
        assert not inside
    else:
        assert inside


def test_a_label_fits_its_schema_and_knows_its_own_answer() -> None:
    said = answer(prediction_shown=True)
    label = first_label(task_row(7), said, "cam-1/7/first/1", "ann", NOW)
    assert Codec().decode(Codec().encode(label), Label) == label
    assert says(label, said)
    for other in (answer(label="good"), answer(boxes=()), answer(note="x"), answer(image_width=641)):
        assert not says(label, other)
    corrected = corrected_label(label, answer(label="good", boxes=()), NOW + 1)
    assert Codec().decode(Codec().encode(corrected), Label) == corrected
    assert corrected.prediction_shown == label.prediction_shown


@pytest.mark.parametrize("name", ["cam-1/7/first/2", "cam-v2/7/first/2"])
def test_versions_lead_back_to_the_first(name: str) -> None:
    assert {original_id(name), original_id(f"{name}/v2"), original_id(f"{name}/v13")} == {name}
