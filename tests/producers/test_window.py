"""The window gives out every frame once and in order, and never holds more than its limit."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from producers.captured import Facts, Spooled
from producers.window import Window

FACTS = Facts(content_type="image/png", captured_at_us=1, monotonic_ns=1, origin="camera")
LIMIT = 100


def spooled(index: int, size: int = 10) -> Spooled:
    return Spooled(index, f"hash {index}", size, FACTS, None, b"", fresh=True)


def indexes(frames: list[Spooled]) -> list[int]:
    return [frame.index for frame in frames]


def test_what_fits_is_given_out_of_memory_in_order() -> None:
    window = Window(LIMIT, cursor=0, committed=0)
    for index in range(3):
        window.add(spooled(index))

    assert window.waiting
    assert window.cold() is None
    assert indexes(window.take(20)) == [0, 1]
    assert indexes(window.take(20)) == [2]
    assert (window.bytes, window.waiting) == (0, False)


def test_a_frame_larger_than_asked_for_comes_alone() -> None:
    window = Window(LIMIT, cursor=0, committed=0)
    window.add(spooled(0, 50))
    window.add(spooled(1, 1))

    assert indexes(window.take(5)) == [0]


def test_one_frame_is_kept_whatever_its_size_and_no_second_beyond_the_limit() -> None:
    window = Window(LIMIT, cursor=0, committed=0)
    window.add(spooled(0, 500))
    window.add(spooled(1, 1))

    assert window.bytes == 500
    assert indexes(window.take(1000)) == [0]
    assert window.cold() == (1, 2)


def test_after_a_frame_that_did_not_fit_none_is_kept_until_the_drain_has_caught_up() -> None:
    window = Window(LIMIT, cursor=0, committed=0)
    for index, size in enumerate((60, 60, 10)):
        window.add(spooled(index, size))
    assert indexes(window.take(1000)) == [0]
    assert window.cold() == (1, 3)

    window.passed(3)
    window.add(spooled(3))

    assert window.cold() is None
    assert indexes(window.take(1000)) == [3]


def test_what_an_earlier_run_left_is_read_from_disk() -> None:
    assert Window(LIMIT, cursor=4, committed=9).cold() == (4, 9)


def test_a_rewind_starts_from_the_disk() -> None:
    window = Window(LIMIT, cursor=0, committed=0)
    for index in range(3):
        window.add(spooled(index))
    window.take(1000)

    window.rewind(1)

    assert (window.bytes, window.cold()) == (0, (1, 3))


@given(st.lists(st.integers(1, 150), max_size=30))
def test_bytes_in_memory_stay_below_the_limit(sizes: list[int]) -> None:
    window = Window(LIMIT, cursor=0, committed=0)
    for index, size in enumerate(sizes):
        window.add(spooled(index, size))

        assert window.bytes <= max(LIMIT, sizes[0])


class Giving(RuleBasedStateMachine):
    """A window over a disk, as its spool uses it."""

    def __init__(self) -> None:
        super().__init__()
        self.window = Window(LIMIT, cursor=0, committed=0)
        self.disk: dict[int, Spooled] = {}
        self.given: list[int] = []
        self.following = 0
        self.largest = LIMIT

    @rule(size=st.integers(1, 130))
    def commit(self, size: int) -> None:
        frame = spooled(self.following, size)
        self.disk[frame.index] = frame
        self.window.add(frame)
        self.following += 1
        self.largest = max(self.largest, size)

    @rule()
    def drop_before_the_disk(self) -> None:
        self.window.skip(self.following)
        self.following += 1

    @rule()
    def drop_from_the_disk(self) -> None:
        oldest = next((index for index in sorted(self.disk) if index >= self.window.cursor), None)
        if oldest is not None:
            self.window.remove(oldest)
            del self.disk[oldest]

    @precondition(lambda self: self.window.waiting)
    @rule(size=st.integers(1, 150))
    def take(self, size: int) -> None:
        cold = self.window.cold()
        if cold is None:
            found = self.window.take(size)
            assert found
            assert len(found) == 1 or sum(frame.size for frame in found) <= size
        else:
            first, before = cold
            found = [self.disk[index] for index in range(first, before) if index in self.disk][:2]
            self.window.passed(found[-1].index + 1 if found else before)
        self.given += indexes(found)

    @rule(back=st.integers(0, 5))
    def rewind(self, back: int) -> None:
        start = max(self.window.cursor - back, 0)
        self.window.rewind(start)
        self.given = [index for index in self.given if index < start]

    @invariant()
    def in_order_and_none_left_out(self) -> None:
        assert self.given == sorted(set(self.given))
        missed = {index for index in self.disk if index < self.window.cursor} - set(self.given)
        assert not missed

    @invariant()
    def bounded(self) -> None:
        assert 0 <= self.window.bytes <= self.largest


TestGiving = Giving.TestCase
