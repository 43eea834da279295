"""Dense offsets are read as one run."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from consumers.datasets.frame_messages import runs


@given(st.sets(st.integers(0, 300)), st.integers(1, 20))
def test_runs_hold_every_offset_and_no_gap_is_wider_than_allowed(offsets: set[int], gap: int) -> None:
    ordered = sorted(offsets)
    found = runs(ordered, gap)
    assert [one for first, last in found for one in ordered if first <= one <= last] == ordered
    assert all(second[0] - first[1] > gap for first, second in pairwise(found))
