"""Wishes as the API takes them."""

import pytest
from pydantic import ValidationError

from consumers.console.views.requests import MOST_FRAMES, RequestBody


@pytest.mark.parametrize("wish", [{"frame_ids": ("cam-1/1",)}, {"from_us": 1, "to_us": 1}, {"from_us": 1, "to_us": 9}])
def test_frames_or_a_span(wish: dict[str, object]) -> None:
    assert RequestBody.model_validate({"edge_id": "press-1", **wish}).limit == 100


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"to_us": 1},
        {"frame_ids": ("cam-1/1",), "from_us": 1, "to_us": 1},
        {"from_us": 2, "to_us": 1},
        {"frame_ids": tuple(f"cam-1/{number}" for number in range(MOST_FRAMES + 1))},
        {"frame_ids": ("cam-1/1",), "verdicts": ("odd",)},
        {"frame_ids": ("cam-1/1",), "priority": float("inf")},
    ],
)
def test_neither_both_and_too_many_are_refused(wish: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RequestBody.model_validate({"edge_id": "press-1", **wish})
