"""Cursors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.console.cursors import read_cursor, write_cursor
from consumers.console.errors import ProblemError


@given(st.integers(-(2**63), 2**63 - 1), st.text(max_size=50), st.integers(0, 2**63 - 1))
def test_a_cursor_brings_its_key_back_and_is_safe_in_a_url(at_us: int, camera: str, sequence: int) -> None:
    cursor = write_cursor((at_us, camera, sequence))
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert read_cursor(cursor, int, str, int) == (at_us, camera, sequence)


@given(st.text(max_size=80))
def test_any_other_word_is_refused(word: str) -> None:
    with pytest.raises(ProblemError) as problem:
        read_cursor(word, int, str, int)
    assert (problem.value.status, problem.value.code) == (422, "cursor_invalid")


@pytest.mark.parametrize("values", [(1, "a"), (1, "a", 2, 3), ("1", "a", 2), (True, "a", 2), (1.5, "a", 2)])
def test_a_cursor_of_another_list_is_refused(values: tuple[int | str, ...]) -> None:
    with pytest.raises(ProblemError, match="start at the first page"):
        read_cursor(write_cursor(values), int, str, int)
