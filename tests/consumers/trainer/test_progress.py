"""Rates and times left, by an injected clock."""

from consumers.trainer.progress import StageClock


def test_rate_and_time_left_follow_from_images_and_clock() -> None:
    times = iter([100.0, 102.0, 104.0])
    clock = StageClock(40, now=lambda: next(times))
    assert clock.add(10) == (5.0, 6.0)
    assert clock.add(10) == (5.0, 4.0)


def test_no_rate_before_time_has_passed() -> None:
    assert StageClock(40, now=lambda: 5.0).add(10) == (None, None)
