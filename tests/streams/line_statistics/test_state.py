"""State survives its bytes, and totals lose nothing."""

from hypothesis import given
from hypothesis import strategies as st

from streams.line_statistics.state import (
    LATENCY_BOUNDS,
    LIFETIME_NAMES,
    OTHER,
    Camera,
    EdgeState,
    Minute,
    OpenPart,
    PartMinute,
    Totals,
    buckets,
    decode_state,
    encode_state,
    grown,
    plus,
    total_of,
)

tallies = st.dictionaries(st.text(max_size=4), st.integers(0, 10**9), max_size=8)


def a_state() -> EdgeState:
    state = EdgeState(edge_id="press-1")
    minute = Minute(minute_us=60, writer="line_statistics", inspections=2, verdicts={"pass": 2}, missing=1)
    state.cameras["left"] = Camera(epoch=1, sequence=7, minutes=[minute])
    state.parts.open["p"] = OpenPart(rank=1, cameras=["left"], minute_us=60)
    state.parts.minutes.append(PartMinute(minute_us=60, writer="line_statistics", verdicts={"pass": 1}, first_pass=1))
    state.totals = Totals(verdicts={"pass": 40, "fail": 1}, missing=2, parts={"pass": 9}, first_pass=9)
    return state


def test_a_state_is_the_same_after_its_bytes() -> None:
    state = a_state()
    again = decode_state(encode_state(state))
    assert again == state
    again.cameras["left"].minutes[0].inspections += 1
    assert again != state


def test_totals_are_what_was_let_go_and_what_is_kept() -> None:
    state = a_state()
    before = encode_state(state)
    total = total_of(state)
    assert total.verdicts == {"pass": 42, "fail": 1}
    assert (total.missing, total.parts, total.first_pass) == (3, {"pass": 10}, 10)
    assert encode_state(state) == before


@given(tallies, tallies)
def test_tallies_add_up_and_leave_their_summands_alone(left: dict[str, int], right: dict[str, int]) -> None:
    kept = dict(left)
    assert sum(plus(left, right).values()) == sum(left.values()) + sum(right.values())
    assert left == kept


def test_names_end_somewhere_and_nothing_is_lost() -> None:
    total: dict[str, int] = {}
    for number in range(3 * LIFETIME_NAMES):
        total = plus(total, {f"kind-{number}": 1})
    assert len(total) == LIFETIME_NAMES + 1
    assert total[OTHER] == 2 * LIFETIME_NAMES


def test_buckets_add_up() -> None:
    left, right = buckets(LATENCY_BOUNDS), buckets(LATENCY_BOUNDS)
    left.counts[0], right.counts[0], right.counts[-1] = 1, 2, 3
    left.sum, right.sum = 5, 6
    both = grown(left, right)
    assert (both.counts[0], both.counts[-1], both.sum) == (3, 3, 11)
    assert left.counts[0] == 1
