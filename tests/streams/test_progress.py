"""Nothing is processed past something lost, and nothing committed past something undone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.progress import Progress, Span, Turn

TP = ("inspections", 0)


@pytest.fixture
def progress() -> Progress[tuple[str, int]]:
    made: Progress[tuple[str, int]] = Progress()
    made.reset({TP: 10})
    return made


def test_a_run_that_follows_is_accepted_and_moves_the_position(progress: Progress[tuple[str, int]]) -> None:
    assert progress.continues(TP, 10)
    progress.hand_out(TP, 20)
    assert progress.position(TP) == 20
    assert not progress.continues(TP, 25)


def test_a_gap_that_is_still_there_when_read_again_is_accepted(progress: Progress[tuple[str, int]]) -> None:
    assert not progress.continues(TP, 12)
    assert not progress.continues(TP, 14)
    assert progress.continues(TP, 14)


def test_a_bundle_after_a_lost_one_is_not_taken(progress: Progress[tuple[str, int]]) -> None:
    first, second, third = (progress.hand_out(TP, end) for end in (20, 30, 40))
    assert progress.take(TP, first) is Turn.NOW
    assert progress.take(TP, third) is Turn.BROKEN
    assert progress.take(TP, second) is Turn.NOW
    assert progress.take(TP, third) is Turn.NOW


def test_after_positions_are_set_anew_what_was_handed_out_is_stale(progress: Progress[tuple[str, int]]) -> None:
    span = progress.hand_out(TP, 20)
    progress.reset({TP: 10})
    assert progress.take(TP, span) is Turn.STALE
    span.done = True
    assert progress.committable(TP) is None
    assert progress.outstanding() == 0
    progress.reset({})
    assert progress.position(TP) is None
    assert progress.committable(TP) is None
    assert progress.take(TP, span) is Turn.STALE


@given(st.lists(st.integers(1, 50), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_only_what_is_done_without_a_hole_is_committed(sizes: list[int], random: "object") -> None:
    progress: Progress[str] = Progress()
    progress.reset({"p": 0})
    spans: list[Span] = []
    end = 0
    for size in sizes:
        end += size
        spans.append(progress.hand_out("p", end))
    order = list(range(len(spans)))
    random.shuffle(order)  # type: ignore[attr-defined]
    for number in order:
        spans[number].done = True
        expected = None
        for span in spans:
            if not span.done:
                break
            expected = span.end
        assert progress.committable("p") == expected
    assert progress.outstanding("p") == 0
    assert progress.partitions() == ["p"]
