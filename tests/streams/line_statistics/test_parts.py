"""Parts: worst wins, silence is review, nothing is judged twice."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import EdgeStatistics, Verdict
from streams.line_statistics.events import Counted, Event, Rule, Second
from streams.line_statistics.parts import MAX_OPEN, RANKS, REMEMBERED
from streams.line_statistics.step import advance, step
from tests.streams.line_statistics.made import EDGE, MINUTE, START, counted, parts_of

DEADLINE = 10_000_000
TWO = Rule(revision=1, cameras=("a", "b"), deadline_us=DEADLINE)
VERDICTS: tuple[Verdict, ...] = ("pass", "fail", "review", "error")


def tick(seconds: float, *, caught_up: bool = True) -> Second:
    return Second(at_us=START + int(seconds * 1_000_000), caught_up=caught_up)


def seen(camera: str, sequence: int, part: str, verdict: Verdict = "pass", at_us: int = START) -> Counted:
    return counted(sequence, camera=camera, part=part, verdict=verdict, at_us=at_us)


def take(state: bytes | None, events: list[Event]) -> tuple[bytes, list[EdgeStatistics]]:
    """Take events in, each tick in a step of its own, as they come; and what was published."""
    published: list[EdgeStatistics] = []
    state = state or advance(EDGE, None, [])[0]
    for event in events:
        state, out = advance(EDGE, state, [event])
        published += out.statistics
    return state, published


def judged(state: bytes | None, events: list[Event]) -> Counter[str]:
    """Parts published up to a last, second look that lets nothing grow older."""
    look = tick(0, caught_up=False)
    return parts_of(take(state, [*events, look, look])[1])


def test_without_cameras_in_the_policy_each_frame_is_its_own_part() -> None:
    assert judged(None, [seen("a", 1, "p"), seen("b", 1, "p", "fail"), counted(2, camera="a", verdict="error")]) == {
        "pass": 1,
        "fail": 1,
        "review": 1,
        "first": 1,
    }


def test_a_part_waits_for_all_its_cameras_and_the_worst_wins() -> None:
    events: list[Event] = [TWO, seen("a", 1, "p", "review"), tick(1)]
    state, published = take(None, events)
    assert parts_of(published) == {}
    assert judged(state, [seen("b", 1, "p", "fail")]) == {"fail": 1}


def test_error_counts_as_review() -> None:
    assert judged(None, [TWO, seen("a", 1, "p", "pass"), seen("b", 1, "p", "error")]) == {"review": 1}


def test_a_camera_silent_at_the_deadline_makes_it_review_and_comes_too_late() -> None:
    state, _ = take(None, [TWO, seen("a", 1, "p"), tick(1), tick(10.9)])
    assert judged(state, []) == {}
    state, _ = take(state, [tick(11)])
    assert judged(state, []) == {"review": 1}
    assert judged(state, [seen("b", 1, "p", "fail"), tick(30), tick(60)]) == {"review": 1}


def test_a_failed_part_stays_failed_when_a_camera_is_silent() -> None:
    assert judged(None, [TWO, seen("a", 1, "p", "fail"), tick(1), tick(12)]) == {"fail": 1}


def test_while_inspections_lag_no_part_grows_older() -> None:
    events: list[Event] = [TWO, seen("a", 1, "p"), tick(1), *[tick(n, caught_up=False) for n in range(2, 100)]]
    assert judged(None, events) == {}
    assert judged(None, [*events, seen("b", 1, "p"), tick(101)]) == {"pass": 1, "first": 1}


def test_rework_is_judged_again_but_is_no_first_pass() -> None:
    rounds = [seen("a", 1, "p", "fail"), seen("b", 1, "p"), seen("a", 2, "p"), seen("b", 2, "p")]
    assert judged(None, [TWO, *rounds]) == {"fail": 1, "pass": 1}


def test_too_many_open_parts_are_judged_early_and_counted() -> None:
    frames = [seen("a", n, f"p{n}") for n in range(MAX_OPEN + 5)]
    state, _ = advance(EDGE, None, [TWO, *frames])
    edge, _ = step(EDGE, state, [])
    assert edge.parts.crowded_out == 5
    assert len(edge.parts.open) == MAX_OPEN
    assert judged(state, []) == {"review": 5}


def test_what_is_remembered_of_parts_is_bounded() -> None:
    frames = [seen("a", n, f"part-{n}" * 50) for n in range(3 * REMEMBERED)]
    state, _ = advance(EDGE, None, frames)
    edge, _ = step(EDGE, state, [])
    assert len(edge.parts.judged) == REMEMBERED
    assert all(len(part) <= 64 for part in edge.parts.judged)


def test_a_policy_that_asks_for_fewer_cameras_frees_the_parts_that_wait() -> None:
    one = Rule(revision=2, cameras=("a",), deadline_us=DEADLINE)
    state, _ = advance(EDGE, None, [TWO, seen("a", 1, "p")])
    assert judged(state, [one, tick(1)]) == {"pass": 1, "first": 1}


def test_minutes_of_parts_close_and_old_ones_are_begun_anew() -> None:
    frames = [seen("a", n, f"p{n}", at_us=START + n * MINUTE) for n in range(4)]
    state, published = take(None, [*frames, tick(1), tick(2)])
    assert sum(record.closed for record in published if record.camera_id == "*") == 2
    published += take(state, [seen("a", 9, "p9", at_us=START), tick(3)])[1]
    assert parts_of(published)["pass"] == 5
    assert len({record.key for record in published if record.camera_id == "*"}) == 5


def test_a_crash_between_sending_and_storing_leaves_no_key_behind() -> None:
    # A's part expires at a tick, then the worker dies; read again, B's frame comes before the tick.
    frames = [seen("a", n, f"p{n}", at_us=START + n * MINUTE) for n in range(20)]
    stored, published = take(None, [TWO, *frames, tick(1)])
    _, lost = advance(EDGE, stored, [tick(20)])
    rest = [seen("b", n, f"p{n}", at_us=START + n * MINUTE) for n in range(20)]
    published += lost.statistics + take(stored, [*rest, tick(21), tick(22), tick(23)])[1]
    assert parts_of(published) == {"pass": 20, "first": 20}


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(VERDICTS), st.sampled_from(VERDICTS)), max_size=30),
    st.data(),
)
def test_any_mixing_of_cameras_and_any_batching_judges_the_same(
    verdicts: list[tuple[Verdict, Verdict]], data: st.DataObject
) -> None:
    queues = [
        [seen(camera, n, f"p{n}", pair[side], START + n * 3_000_000) for n, pair in enumerate(verdicts)]
        for side, camera in enumerate(("a", "b"))
    ]
    order = data.draw(st.permutations([side for side in (0, 1) for _ in verdicts]))
    iterators = [iter(queue) for queue in queues]
    frames = [next(iterators[side]) for side in order]
    published, at = list[EdgeStatistics](), 0
    state, _ = advance(EDGE, None, [TWO])
    while at < len(frames):
        size = data.draw(st.integers(1, len(frames)))
        state, out = advance(EDGE, state, [*frames[max(at - 3, 0) : at + size], tick(1)])
        published += out.statistics
        at += size
    published += take(state, [tick(2), tick(3)])[1]
    rank = {"pass": 0, "review": 1, "error": 1, "fail": 2}
    worst = Counter(RANKS[max(rank[verdict] for verdict in pair)] for pair in verdicts)
    assert parts_of(published) == worst + Counter(first=worst["pass"])
