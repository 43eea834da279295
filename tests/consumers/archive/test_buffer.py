from consumers.archive.buffer import PartitionBuffer
from tests.consumers.archive.made import inspection


def test_repeats_are_dropped_and_the_position_moves_on() -> None:
    buffer = PartitionBuffer(first=10, marks={"c1": 4})
    assert not buffer.pending
    assert not buffer.add(10, inspection(4), 1.0)
    assert buffer.add(11, inspection(5), 2.0)
    assert not buffer.add(12, inspection(5), 3.0)
    assert buffer.add(15, inspection(0, camera_id="c2"), 4.0)
    assert (buffer.next, buffer.since) == (16, 1.0)
    assert [one.frame_id for one in buffer.rows] == ["c1/5", "c2/0"]


def test_what_follows_starts_where_it_ended() -> None:
    buffer = PartitionBuffer(first=0, marks={})
    buffer.skip(0, 1.0)
    assert buffer.pending
    after = buffer.emptied()
    assert (after.first, after.next, after.rows, after.since, after.marked) == (1, 1, [], None, True)
