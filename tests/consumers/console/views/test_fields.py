"""Field types of views."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from consumers.console.views.fields import LARGEST_SIDE, BoxView, View, Word, Words, boxes_of
from schemas.records import Box


class _Body(View):
    word: Word
    words: Words = ""


@given(st.integers(0, LARGEST_SIDE), st.integers(1, LARGEST_SIDE))
def test_a_box_becomes_its_record(x: int, w: int) -> None:
    view = BoxView.model_validate_json(f'{{"label": "dent", "x": {x}, "y": 0, "w": {w}, "h": 1}}')
    assert view.to_box() == Box(label="dent", x=x, y=0, w=w, h=1)


@pytest.mark.parametrize(
    "field", ['"x": 1.0', '"x": "1"', '"x": true', '"x": -1', '"w": 0', '"h": 1000001', '"label": ""', '"score": 2']
)
def test_a_box_is_integer_pixels_or_no_box(field: str) -> None:
    name = field.split('"')[1]
    fields = {"label": '"dent"', "x": "1", "y": "1", "w": "1", "h": "1"}
    fields[name] = field.partition(": ")[2]
    document = ", ".join(f'"{key}": {value}' for key, value in fields.items())
    with pytest.raises(ValidationError, match=name):
        BoxView.model_validate_json(f"{{{document}}}")


@pytest.mark.parametrize(
    "values",
    [{"word": ""}, {"word": "a" * 301}, {"word": "a\x00"}, {"word": "a", "words": "\x00"}, {"word": "a", "z": 1}],
)
def test_what_no_table_could_hold_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        _Body.model_validate(values)


def test_boxes_from_a_table_are_shown_as_they_are() -> None:
    (view,) = boxes_of([{"label": "dent", "x": -1, "y": 0, "w": 5, "h": 5}])
    assert (view.x, view.score) == (-1, None)
    assert boxes_of(None) == []
