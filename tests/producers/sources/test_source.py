"""The records of a source."""

import dataclasses
import time

import pytest

from producers.sources.source import SYSTEM_CLOCK, BrokenImage, Capture, Clock


def test_the_system_clock_gives_microseconds_and_nanoseconds() -> None:
    before, ticks = time.time_ns() // 1000, time.monotonic_ns()
    moment = SYSTEM_CLOCK.now()
    assert before <= moment.unix_us <= time.time_ns() // 1000
    assert ticks <= moment.monotonic_ns <= time.monotonic_ns()


def test_a_clock_can_be_put_in() -> None:
    assert Clock(unix_us=lambda: 1, monotonic_ns=lambda: 2).now() == (1, 2)


@pytest.mark.parametrize("record", [Capture, BrokenImage])
def test_records_cannot_be_changed(record: type) -> None:
    assert dataclasses.fields(record)
    assert record.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(record)
