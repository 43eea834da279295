"""Sums and quantiles."""

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from consumers.console.monitoring.histograms import add_histogram, quantile
from schemas.records.operations import Histogram

BOUNDS = [0.1, 0.5, 1.0, 5.0]


def histogram(values: list[float]) -> Histogram:
    counts = [0] * (len(BOUNDS) + 1)
    for value in values:
        counts[bisect_left(BOUNDS, value)] += 1
    return Histogram(bounds=BOUNDS, counts=counts, sum=sum(values))


values = st.lists(st.floats(0.001, 4.9), min_size=1, max_size=50)


@given(values, values)
def test_a_sum_is_the_histogram_of_all_values(some: list[float], more: list[float]) -> None:
    both = add_histogram(histogram(some), histogram(more))
    assert both is not None
    assert both.counts == histogram(some + more).counts


def test_nothing_adds_nothing() -> None:
    one = histogram([0.2])
    assert add_histogram(None, one) == add_histogram(one, None) == one
    assert add_histogram(None, None) is None


def test_of_two_kinds_the_fuller_one_stays() -> None:
    other = Histogram(bounds=[1.0], counts=[5, 0])
    assert add_histogram(histogram([0.2]), other) == other


@given(values, st.floats(0.01, 1.0))
def test_a_quantile_lies_in_the_bucket_of_the_true_one(some: list[float], share: float) -> None:
    ordered = sorted(some)
    # The smallest value below or at which `share` of the values lie.
    true = next(value for number, value in enumerate(ordered, start=1) if number >= share * len(ordered))
    bucket = bisect_left(BOUNDS, true)
    found = quantile(histogram(some), share)
    assert found is not None
    assert (0.0, *BOUNDS)[bucket] <= found <= BOUNDS[bucket]


def test_no_values_have_no_quantile() -> None:
    assert quantile(histogram([]), 0.5) is None


def test_what_is_beyond_all_bounds_counts_as_the_last() -> None:
    assert quantile(histogram([100.0]), 0.99) == 5.0
