"""Whether the machine was ours and even while something was measured: what other processes took, and its speed."""

import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psutil

_EVERY: Final = 0.004  # seconds between two looks at the processor's speed
_STEPS: Final = 1000  # of a loop: about 40 microseconds, so 1 % of one core


@dataclass(frozen=True, slots=True)
class Condition:
    """How the machine was: the share of it that other processes had, and how long a fixed piece of work took it.

    `pace` is processor time in nanoseconds, so waiting for a core is not in it: it rises when the core itself is
    slower, as when a host runs something else on the other half of it.
    """

    neighbours: float
    pace: float


class Stillness:
    """Looks at the machine from its making until `end`; about 1 % of one core goes into looking."""

    def __init__(self, ours: Sequence[psutil.Process]) -> None:
        self._ours, self._started = ours, time.perf_counter()
        self._busy, self._worked = _busy(), self._work()
        self._paces: list[int] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="speed", daemon=True)
        self._thread.start()

    def end(self) -> Condition:
        """How it was since the beginning."""
        self._ended.set()
        self._thread.join()
        return Condition(self._neighbours(), statistics.median(self._paces))

    def _neighbours(self) -> float:
        """The system counts in steps of 10 ms, so this is a little off, below 0 too."""
        theirs = (_busy() - self._busy) - (self._work() - self._worked)
        return theirs / ((time.perf_counter() - self._started) * (psutil.cpu_count() or 1))

    def _work(self) -> float:
        return sum(times.user + times.system for times in (process.cpu_times() for process in self._ours))

    def _look(self) -> None:
        while True:
            ended = self._ended.wait(_EVERY)
            started, total = time.thread_time_ns(), 0
            for step in range(_STEPS):
                total += step
            self._paces.append(time.thread_time_ns() - started)
            if ended:
                return


def _busy() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))
