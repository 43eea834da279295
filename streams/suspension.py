"""Noticing that this very process stood still: stopped, swapped out, its virtual machine paused.

Whoever stood still for a session timeout has lost its partitions without knowing, and what it says next would be older
than what its successor has said. So it keeps silent for a while, until its heartbeats have told it.
"""

import time
from collections.abc import Callable


def _boot_clock() -> float:
    # The monotonic clock stands still with a suspended machine; this one does not.
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Suspension:
    """Looks at the clock whenever asked, which must be often; knows when it was not asked for too long."""

    def __init__(self, limit: float, silence: float, clock: Callable[[], float] = _boot_clock) -> None:
        """`limit`: seconds without a look that count as standing still; `silence`: seconds to doubt afterwards."""
        self._limit = limit
        self._silence = silence
        self._clock = clock
        self._looked: float | None = None  # until the first look: what comes before it is starting up
        self._doubt_until = float("-inf")

    def look(self) -> bool:
        """Whether what this process believes of itself is in doubt."""
        now = self._clock()
        if self._looked is not None and now - self._looked > self._limit:
            self._doubt_until = now + self._silence
        self._looked = now
        return now < self._doubt_until
