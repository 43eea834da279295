"""Labeling as the API tells it."""

import pytest
from pydantic import ValidationError

from consumers.console.views.labeling import ClaimBody, LeasesBody, SubmitBody, TaskChangeView, TaskView


def test_a_claim_of_nothing_special_is_three_tasks_of_any_edge() -> None:
    assert (ClaimBody().count, ClaimBody().edge_id) == (3, None)
    with pytest.raises(ValidationError):
        ClaimBody(count=11)


def test_leases_are_pairs() -> None:
    body = LeasesBody.model_validate({"leases": [{"task_id": "a", "fencing_token": 2}]})
    assert body.pairs() == [("a", 2)]


def test_an_answer_needs_its_image_and_its_time() -> None:
    with pytest.raises(ValidationError) as errors:
        SubmitBody.model_validate({"task_id": "a", "fencing_token": 1, "outcome": "unsure"})
    missing = {error["loc"][0] for error in errors.value.errors()}
    assert missing == {"image_width", "image_height", "seconds_taken"}


def test_what_listeners_hear_of_a_task_holds_no_prediction() -> None:
    assert not {"prediction", "verdict", "earlier"} & set(TaskChangeView.model_fields)
    assert {"prediction", "verdict", "earlier"} <= set(TaskView.model_fields)
