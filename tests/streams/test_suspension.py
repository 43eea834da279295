"""A process that stood still doubts itself for a while."""

from streams.suspension import Suspension


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_steady_looks_raise_no_doubt() -> None:
    clock = Clock()
    suspension = Suspension(3, 4, clock)
    for _ in range(100):
        clock.now += 0.5
        assert not suspension.look()


def test_standing_still_is_doubted_until_the_heartbeats_had_their_time() -> None:
    clock = Clock()
    suspension = Suspension(3, 4, clock)
    suspension.look()
    clock.now += 60
    assert suspension.look()
    for _ in range(3):
        clock.now += 1
        assert suspension.look()
    clock.now += 1
    assert not suspension.look()


def test_whoever_looks_first_sees_it_and_the_next_one_knows_too() -> None:
    clock = Clock()
    suspension = Suspension(3, 4, clock)
    suspension.look()
    clock.now += 4
    suspension.look()
    clock.now += 0.1
    assert suspension.look()


def test_starting_up_is_no_standing_still() -> None:
    clock = Clock()
    suspension = Suspension(3, 4, clock)
    clock.now += 60
    assert not suspension.look()


def test_the_real_clock_runs() -> None:
    assert not Suspension(60, 1).look()
