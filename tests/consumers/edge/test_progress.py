"""A position never passes a record whose result is not acknowledged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.edge.marks import Mark
from consumers.edge.progress import PartitionProgress


def test_nothing_is_committed_before_the_first_record_is_done() -> None:
    progress = PartitionProgress({"cam": Mark(1, 4)})
    progress.start(10, "cam", Mark(1, 5))

    assert progress.position is None
    assert progress.in_flight == 1


def test_a_record_that_is_done_waits_for_those_before_it() -> None:
    progress = PartitionProgress()
    progress.start(10, "cam", Mark(1, 0))
    progress.start(12)
    progress.finish(12)
    before = progress.position
    progress.finish(10)

    assert before is None
    assert progress.position is not None
    assert progress.position.offset == 13
    assert progress.position.marks == {"cam": Mark(1, 0)}
    assert progress.in_flight == 0


def test_marks_are_given_in_the_order_of_the_cameras_last_frames() -> None:
    progress = PartitionProgress({"old": Mark(1, 9), "new": Mark(1, 3)})
    progress.start(1, "old", Mark(1, 10))
    progress.finish(1)

    assert progress.position is not None
    assert list(progress.position.marks) == ["new", "old"]


def test_offsets_rise() -> None:
    progress = PartitionProgress()
    progress.start(5)

    with pytest.raises(ValueError, match="offset 5 arrived after 5"):
        progress.start(5)


@given(st.data())
def test_whatever_finishes_first_the_position_is_the_longest_done_prefix(data: st.DataObject) -> None:
    steps = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=30))
    offsets = [sum(steps[: number + 1]) for number in range(len(steps))]
    order = data.draw(st.permutations(offsets))
    started = data.draw(st.integers(1, len(offsets)))
    progress = PartitionProgress()
    for number, offset in enumerate(offsets[:started]):
        progress.start(offset, "cam", Mark(1, number))

    done: set[int] = set()
    for offset in [one for one in order if one in offsets[:started]]:
        progress.finish(offset)
        done.add(offset)
        prefix = 0
        while prefix < started and offsets[prefix] in done:
            prefix += 1
        position = progress.position
        if prefix == 0:
            assert position is None
        else:
            assert position is not None
            assert position.offset == offsets[prefix - 1] + 1
            assert position.marks == {"cam": Mark(1, prefix - 1)}
        assert progress.in_flight == started - len(done)
