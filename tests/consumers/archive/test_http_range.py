import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.archive.http_range import Span, UnsatisfiableError, parse_range


@pytest.mark.parametrize("header", [None, "", "bytes=-", "bytes=5-2", "lines=1-2", "bytes=0-1,4-5", "bytes=a-b"])
def test_what_is_no_single_range_means_the_whole(header: str | None) -> None:
    assert parse_range(header, 10) is None


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_a_range_of_nothing_is_refused(header: str) -> None:
    with pytest.raises(UnsatisfiableError):
        parse_range(header, 10)


@given(st.integers(1, 1000), st.integers(0, 1500), st.none() | st.integers(0, 1500))
def test_a_span_is_what_slicing_gives(size: int, first: int, last: int | None) -> None:
    data = bytes(number % 256 for number in range(size))
    try:
        span = parse_range(f"bytes={first}-{'' if last is None else last}", size)
    except UnsatisfiableError:
        assert first >= size
        return
    if span is None:
        assert last is not None
        assert last < first
        return
    assert data[span.start : span.end] == data[first:][: None if last is None else last - first + 1]
    assert span == Span(first, span.end)
