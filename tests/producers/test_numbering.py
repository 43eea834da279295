"""Numbers go on without a gap and never twice, whatever Kafka and the spool each remember."""

from hypothesis import given
from hypothesis import strategies as st

from producers.captured import Ledger
from producers.numbering import KafkaView, Numbering, Seen, number


def hashes(first: int, before: int) -> list[tuple[int, str]]:
    return [(index, f"hash {index}") for index in range(first, before)]


def ours(base: int, committed: range, aborted: range = range(0)) -> dict[int, Seen]:
    """Frames of the spool that lie in Kafka, by sequence."""
    seen = {base + index: Seen(f"hash {index}", committed=True) for index in committed}
    return seen | {base + index: Seen(f"hash {index}", committed=False) for index in aborted}


def test_the_first_frame_of_a_camera_is_number_0() -> None:
    assert number(Ledger(next_index=3), hashes(0, 3), KafkaView(last_sequence=-1)) == Numbering(base=0, acknowledged=-1)


def test_a_new_spool_goes_on_above_what_kafka_has() -> None:
    decided = number(Ledger(next_index=3), hashes(0, 3), KafkaView(last_sequence=41))

    assert decided == Numbering(base=42, acknowledged=-1)


def test_frames_dropped_before_kafka_was_ever_met_take_no_numbers() -> None:
    ledger = Ledger(next_index=9, acknowledged=4)

    decided = number(ledger, hashes(5, 9), KafkaView(last_sequence=9))

    assert decided.base + 5 == 10


def test_what_was_committed_without_our_hearing_of_it_is_not_sent_again() -> None:
    ledger = Ledger(base=10, next_index=6, acknowledged=1)

    decided = number(ledger, hashes(2, 6), KafkaView(last_sequence=13, frames=ours(10, range(2, 4))))

    assert decided == Numbering(base=10, acknowledged=3, found=(2, 3))


def test_a_frame_given_up_between_two_that_kafka_has_is_no_other_gateways_gap() -> None:
    ledger = Ledger(base=10, next_index=5, acknowledged=0)
    view = KafkaView(last_sequence=14, frames=ours(10, range(1, 2)) | ours(10, range(3, 5)))

    decided = number(ledger, hashes(1, 5), view)

    assert decided == Numbering(base=10, acknowledged=4, found=(1, 3, 4), given_up=1)


def test_what_was_aborted_is_sent_again_under_its_number() -> None:
    ledger = Ledger(base=10, next_index=6, acknowledged=1)
    view = KafkaView(last_sequence=15, frames=ours(10, range(2, 3), range(3, 6)))

    assert number(ledger, hashes(2, 6), view) == Numbering(base=10, acknowledged=2, found=(2,))


def test_a_committed_frame_behind_an_aborted_one_does_not_settle_it() -> None:
    ledger = Ledger(base=0, next_index=3)
    seen = {0: Seen("hash 0", False), 1: Seen("hash 1", True)}

    assert number(ledger, hashes(0, 3), KafkaView(last_sequence=1, frames=seen)).acknowledged == -1


def test_after_another_gateway_ours_that_readers_saw_keep_their_numbers_and_the_rest_goes_on_above() -> None:
    ledger = Ledger(base=0, next_index=6, acknowledged=1)
    view = KafkaView(last_sequence=20, frames=ours(0, range(2, 3), range(3, 4)))

    decided = number(ledger, hashes(2, 6), view)

    assert decided == Numbering(base=17, acknowledged=3, found=(2, 3), taken_over=True)
    assert decided.base + 4 == 21


def test_a_number_that_another_gateway_gave_to_another_image_is_not_ours() -> None:
    ledger = Ledger(base=0, next_index=4, acknowledged=1)

    decided = number(ledger, hashes(2, 4), KafkaView(last_sequence=2, frames={2: Seen("theirs", True)}))

    assert decided == Numbering(base=1, acknowledged=1, taken_over=True)


@given(
    base=st.integers(0, 50),
    acknowledged=st.integers(-1, 10),
    waiting=st.integers(0, 10),
    committed=st.integers(0, 10),
    aborted=st.integers(0, 10),
    others=st.integers(0, 10),
)
def test_numbers_are_contiguous_and_given_once(
    base: int, acknowledged: int, waiting: int, committed: int, aborted: int, others: int
) -> None:
    first, following = acknowledged + 1, acknowledged + 1 + waiting
    settled = min(first + committed, following)
    shown = min(settled + aborted, following)
    in_kafka = ours(base, range(first, settled), range(settled, shown))
    last = base + shown - 1 + others
    ledger = Ledger(base=base, next_index=following, acknowledged=acknowledged)

    decided = number(ledger, hashes(first, following), KafkaView(last_sequence=last, frames=in_kafka))

    to_send = range(decided.acknowledged + 1, following)
    numbers = [decided.base + index for index in to_send]
    readers_know = base + shown - 1
    assert decided.taken_over == (others > 0)
    assert decided.acknowledged == (shown if others else settled) - 1
    for index, sequence in zip(to_send, numbers, strict=True):
        # Either the number this very frame had, or one that nobody used.
        assert sequence == base + index if sequence <= readers_know else sequence > last
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
    fresh = [sequence for sequence in numbers if sequence > readers_know]
    assert not fresh or fresh[0] == last + 1
