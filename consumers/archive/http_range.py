"""The Range header, as far as a blob server needs it (RFC 9110, section 14)."""

import re
from dataclasses import dataclass
from typing import Final

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` up to, not including, `end`."""

    start: int
    end: int


class UnsatisfiableError(ValueError):
    """The range holds no byte of the blob: 416."""


def parse_range(header: str | None, size: int) -> Span | None:
    """The span a header asks for; None for the whole: no header, another unit, several ranges, or nonsense.

    >>> parse_range("bytes=2-", 10), parse_range("bytes=-3", 10), parse_range("bytes=0-99", 10)
    (Span(start=2, end=10), Span(start=7, end=10), Span(start=0, end=10))
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or (not match[1] and not match[2]):
        return None
    if not match[1]:
        start, end = max(size - int(match[2]), 0), size
    else:
        start, end = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
        if match[2] and int(match[2]) < start:
            return None  # invalid, and invalid ones are ignored
    if start >= end:
        raise UnsatisfiableError(f"{header!r} holds none of {size} bytes")
    return Span(start, end)
