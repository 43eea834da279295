"""A minute begins at its start."""

from hypothesis import given
from hypothesis import strategies as st

from streams.minute import MINUTE_US, minute_of


@given(st.integers(0, 2**60))
def test_a_time_lies_in_its_minute(at_us: int) -> None:
    assert minute_of(at_us) <= at_us < minute_of(at_us) + MINUTE_US
    assert minute_of(at_us) % MINUTE_US == 0


def test_what_is_before_1970_counts_into_the_first_minute() -> None:
    assert minute_of(-1) == 0
