"""An edge counts its inspections and ranks the latencies of the last minute."""

import pytest

from consumers.edge.tally import Count, Tally, percentile

SECOND = 10**9


def test_a_tally_counts_frames_and_errors() -> None:
    tally = Tally()
    tally.add(100, is_error=False, now_ns=0)
    tally.add(300, is_error=True, now_ns=SECOND)

    assert tally.count(2 * SECOND) == Count(frames=2, errors=1, p50_us=100, p99_us=300)


def test_latencies_older_than_a_minute_are_forgotten_but_frames_are_not() -> None:
    tally = Tally()
    tally.add(100, is_error=False, now_ns=0)
    tally.add(300, is_error=False, now_ns=30 * SECOND)

    assert tally.count(61 * SECOND) == Count(frames=2, errors=0, p50_us=300, p99_us=300)
    assert tally.count(200 * SECOND) == Count(frames=2, errors=0, p50_us=0, p99_us=0)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)])
def test_percentiles_are_by_nearest_rank(share: float, expected: int) -> None:
    assert percentile(range(1, 101), share) == expected
