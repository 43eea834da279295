"""Results leave in the order in which their frames came, line by line."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from consumers.edge.ordering import OrderingBuffer


def test_a_result_waits_for_the_one_before_it() -> None:
    buffer: OrderingBuffer[str, str] = OrderingBuffer()
    buffer.expect("cam", 1)
    buffer.expect("cam", 2)

    assert buffer.complete("cam", 2, "second") == []
    assert len(buffer) == 1
    assert buffer.complete("cam", 1, "first") == ["first", "second"]
    assert buffer.lines == ()


def test_lines_do_not_wait_for_one_another() -> None:
    buffer: OrderingBuffer[str, str] = OrderingBuffer()
    buffer.expect("slow", 1)
    buffer.expect("quick", 1)

    assert buffer.complete("quick", 1, "quick") == ["quick"]


def test_a_dropped_line_gives_back_what_waited_and_takes_nothing_more() -> None:
    buffer: OrderingBuffer[str, str] = OrderingBuffer()
    for number in (1, 2, 3):
        buffer.expect("cam", number)
    buffer.complete("cam", 3, "third")

    assert buffer.drop("cam") == ["third"]
    assert buffer.complete("cam", 1, "first") == []
    assert len(buffer) == 0


def test_a_result_nobody_expects_is_left_out() -> None:
    buffer: OrderingBuffer[str, str] = OrderingBuffer()

    assert buffer.complete("cam", 1, "first") == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2**40)), unique=True, max_size=40), st.randoms())
def test_every_result_leaves_once_and_in_order(frames: list[tuple[str, int]], random: Random) -> None:
    buffer: OrderingBuffer[str, tuple[str, int]] = OrderingBuffer()
    for line, number in frames:
        buffer.expect(line, number)
    finished = list(frames)
    random.shuffle(finished)

    left = [result for line, number in finished for result in buffer.complete(line, number, (line, number))]

    assert sorted(left) == sorted(frames)
    for line in "abc":
        assert [one for one in left if one[0] == line] == [one for one in frames if one[0] == line]
    assert len(buffer) == 0
