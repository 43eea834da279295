"""What an edge counts about itself for its reports."""

import math
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_SPAN_NS: Final = 60 * 10**9
# Percentiles of a fast line rest on its latest frames: 20,000 of them say enough, and memory stays bounded.
_MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Count:
    """Frames since start, how many of them with verdict error, and latencies of the last minute, microseconds."""

    frames: int
    errors: int
    p50_us: int
    p99_us: int


class Tally:
    """Counts inspections; safe across threads."""

    def __init__(self) -> None:
        self._frames, self._errors = 0, 0
        self._latencies: deque[tuple[int, int]] = deque(maxlen=_MOST)
        self._lock = threading.Lock()

    def add(self, total_us: int, *, is_error: bool, now_ns: int) -> None:
        """One more inspection, finished at `now_ns` (monotonic)."""
        with self._lock:
            self._frames += 1
            self._errors += is_error
            self._latencies.append((now_ns, total_us))

    def count(self, now_ns: int) -> Count:
        """The figures as of `now_ns` (monotonic)."""
        with self._lock:
            while self._latencies and now_ns - self._latencies[0][0] > _SPAN_NS:
                self._latencies.popleft()
            ranked = sorted(total for _, total in self._latencies)
            return Count(self._frames, self._errors, percentile(ranked, 0.5), percentile(ranked, 0.99))


def percentile(ranked: Sequence[int], share: float) -> int:
    """The nearest-rank percentile of ascending values; 0 of none.

    >>> percentile([1, 2, 3, 4], 0.5), percentile([7], 0.99), percentile([], 0.5)
    (2, 7, 0)
    """
    return ranked[max(math.ceil(share * len(ranked)) - 1, 0)] if ranked else 0
