"""The one rule of whole-pixel boxes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.datasets.formats import label_of_boxes
from consumers.datasets.formats.annotated import BadRowError, whole_box
from schemas.records import Box


@given(
    st.integers(1, 10_000),
    st.data(),
)
def test_shares_and_per_cents_of_any_size_round_back(width: int, data: st.DataObject) -> None:
    x = data.draw(st.integers(0, width - 1))
    w = data.draw(st.integers(1, width - x))
    centre, share = (x + w / 2) / width, w / width
    box = whole_box("a", centre * width - share * width / 2, 0, centre * width + share * width / 2, 1, width, 1)
    assert (box.x, box.w) == (x, w)
    left, wide = 100 * x / width, 100 * w / width
    assert whole_box("a", left * width / 100, 0, (left + wide) * width / 100, 1, width, 1) == box


@pytest.mark.parametrize(
    ("edges", "reason"),
    [
        ((0, 0, float("nan"), 4), "no numbers"),
        ((-2, 0, 4, 4), "columns -2 to 4 of an image with 10"),
        ((0, 0, 4, 22), "rows 0 to 22 of an image with 20"),
        ((3, 3, 3.2, 9), "is empty"),
    ],
)
def test_impossible_boxes_are_refused_with_their_edges(edges: tuple[float, float, float, float], reason: str) -> None:
    with pytest.raises(BadRowError, match=reason):
        whole_box("dent", *edges, 10, 20)


@pytest.mark.parametrize(
    ("classes", "label"),
    [([], "good"), (["dent"], "dent"), (["scratch", "dent", "scratch"], "scratch"), (["scratch", "dent"], "dent")],
)
def test_the_class_of_an_image_follows_from_its_boxes(classes: list[str], label: str) -> None:
    assert label_of_boxes(Box(label=one, x=0, y=0, w=1, h=1) for one in classes) == label
