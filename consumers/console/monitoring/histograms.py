"""Sums and quantiles of histograms. Pure."""

from schemas.records.operations import Histogram


def add_histogram(one: Histogram | None, other: Histogram | None) -> Histogram | None:
    """Both together; of two with different bounds (a newer writer) the one with more counts."""
    if one is None or other is None:
        return other if one is None else one
    if one.bounds != other.bounds:
        return max(one, other, key=lambda histogram: sum(histogram.counts))
    counts = [a + b for a, b in zip(one.counts, other.counts, strict=True)]
    return Histogram(bounds=one.bounds, counts=counts, sum=one.sum + other.sum)


def quantile(histogram: Histogram, share: float) -> float | None:
    """The value below which `share` (0..1) of the values lie, interpolated in its bucket; None without values.

    As Prometheus' histogram_quantile does it: the last bucket has no upper bound, so its values count as its lower one.

    >>> quantile(Histogram(bounds=[1.0, 2.0], counts=[5, 5, 0]), 0.75)
    1.5
    """
    total = sum(histogram.counts)
    if total == 0:
        return None
    rank, seen, lower = share * total, 0, 0.0
    for bound, count in zip(histogram.bounds, histogram.counts, strict=False):
        if count and seen + count >= rank:
            return lower + (bound - lower) * max(rank - seen, 0.0) / count
        seen, lower = seen + count, bound
    return lower
