"""Batches shrink while others wait, and grow again."""

from consumers.console.projection.batch_size import LEAST, BatchSize


def test_it_is_as_large_as_may_be_while_nobody_waits() -> None:
    size = BatchSize(4000)
    size.note(4000, 9.0, others_waited=False)
    assert size.size == 4000


def test_it_shrinks_to_what_is_quick_and_never_below_the_least() -> None:
    size = BatchSize(4000)
    size.note(4000, 0.4, others_waited=True)
    assert size.size == 500
    size.note(500, 0.03, others_waited=True)
    assert size.size == 500, "quick enough"
    size.note(500, 60.0, others_waited=True)
    assert size.size == LEAST
    for _ in range(7):
        size.note(LEAST, 0.01, others_waited=False)
    assert size.size == 4000


def test_a_small_bound_stays_a_bound() -> None:
    size = BatchSize(20)
    size.note(20, 5.0, others_waited=True)
    assert size.size == 20
