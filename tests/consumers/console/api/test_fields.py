"""Bounds of parameters."""

import pytest
from pydantic import TypeAdapter, ValidationError

from consumers.console.api.fields import Limit, Secret


@pytest.mark.parametrize("wrong", [0, 501])
def test_a_page_has_1_to_500_rows(wrong: int) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Limit).validate_python(wrong)


def test_a_secret_is_not_endless() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Secret).validate_python("x" * 1001)
