"""Datasets as the API tells them."""

import pytest
from pydantic import ValidationError

from consumers.console.views.datasets import BuildBody

BODY = {"name": "plates-2", "edge_ids": ("press-1",), "from_us": 1, "to_us": 2}


def test_a_build_writes_and_stops_for_missing_images_unless_told() -> None:
    body = BuildBody.model_validate(BODY)
    assert (body.preview, body.allow_missing, body.include_imported, body.classes) == (False, False, False, ())


@pytest.mark.parametrize("changes", [{"name": "Plates"}, {"name": ""}, {"edge_ids": ()}, {"from_us": -1}, {"label": 1}])
def test_what_is_no_build_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        BuildBody.model_validate({**BODY, **changes})
