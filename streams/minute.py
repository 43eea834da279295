"""Minutes of capture, by which statistics are kept."""

from typing import Final

MINUTE_US: Final = 60_000_000


def minute_of(captured_at_us: int) -> int:
    """The start of the minute, Unix microseconds; times before 1970 count into the first minute.

    >>> minute_of(61_000_000), minute_of(-5)
    (60000000, 0)
    """
    return max(captured_at_us - captured_at_us % MINUTE_US, 0)
