"""The step counts each frame once, whatever comes again, in whatever batches."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import Alarm, EdgeStatistics, Verdict
from streams.line_statistics.events import Counted, Event, Rule, Second
from streams.line_statistics.state import StateVersionError
from streams.line_statistics.step import MAX_CAMERAS, advance, awaits_tick, step
from tests.streams.line_statistics.made import EDGE, MINUTE, START, counted, parts_of, plain_count, summed

TICK = Second(at_us=START, caught_up=True)
VERDICTS: tuple[Verdict, ...] = ("pass", "fail", "review", "error")


@st.composite
def camera_frames(draw: st.DrawFn, camera: str) -> list[Counted]:
    """A camera's frames: numbers rise with gaps, the clock runs, jumps far back and forth, epochs rise."""
    frames, sequence, at_us, epoch = [], draw(st.integers(0, 50)), START, 1
    for _ in range(draw(st.integers(0, 25))):
        sequence += draw(st.sampled_from([1, 1, 1, 1, 3]))
        at_us += draw(st.sampled_from([7, 7, 7, 40, 70, -130, -600, 900])) * 1_000_000
        epoch += draw(st.sampled_from([0, 0, 0, 1]))
        verdict = draw(st.sampled_from(VERDICTS))
        frames.append(
            counted(
                sequence,
                camera=camera,
                at_us=at_us,
                epoch=epoch,
                verdict=verdict,
                defect="dent" if verdict == "fail" else None,
                late=draw(st.booleans()),
                score=draw(st.floats(0, 1)),
                model=draw(st.sampled_from([None, "sha256:aa", "sha256:bb"])),
            )
        )
    return frames


@st.composite
def interleaved(draw: st.DrawFn) -> list[Counted]:
    """Frames of three cameras, mixed, each camera's own order kept."""
    queues = [draw(camera_frames(f"cam-{number}")) for number in range(3)]
    order = draw(st.permutations([n for n, queue in enumerate(queues) for _ in queue]))
    iterators = [iter(queue) for queue in queues]
    return [next(iterators[number]) for number in order]


class Worker:
    """A worker that reads on, crashes after sending but before storing, and starts again further back."""

    def __init__(self) -> None:
        self.state: bytes | None = None
        self.stored_to = 0
        self.published: list[EdgeStatistics] = []
        self.alarms: dict[str, Alarm] = {}

    def take(self, events: Sequence[Event], *, store: bool = True) -> None:
        after, out = advance(EDGE, self.state, events)
        self.published += out.statistics
        self.alarms.update({alarm.alarm_id: alarm for alarm in out.alarms})
        assert not out.refused
        if store:
            self.state = after

    def read(self, events: Sequence[Event], runs: Sequence[tuple[float, float, bool, bool]]) -> None:
        """Read in runs of (how far back to begin, how far to go on, whether it is stored, whether a tick comes)."""
        for back, on, store, tick in runs:
            begin = int(self.stored_to * (1 - back))
            end = self.stored_to + int((len(events) - self.stored_to) * on)
            if tick:
                self.take([TICK])
            self.take(events[begin:end], store=store)
            self.stored_to = end if store else self.stored_to
        self.take(events[self.stored_to :])


RUNS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.booleans(), st.booleans()), max_size=8)


@settings(max_examples=60)
@given(interleaved(), RUNS)
def test_any_batching_replay_and_crash_ends_in_the_plain_count(
    frames: list[Counted], runs: list[tuple[float, float, bool, bool]]
) -> None:
    worker = Worker()
    worker.read(frames, runs)
    worker.take([TICK])
    worker.take([TICK])
    assert summed(worker.published) == plain_count(frames)
    assert sum(int(alarm.value or 0) for alarm in worker.alarms.values()) == sum(
        count.missing for count in plain_count(frames).values()
    )
    parts = parts_of(worker.published)
    assert parts.total() - parts["first"] == len(frames)


@settings(max_examples=30)
@given(interleaved(), st.data())
def test_the_state_does_not_depend_on_batching(frames: list[Counted], data: st.DataObject) -> None:
    whole, _ = advance(EDGE, advance(EDGE, None, frames)[0], [TICK])
    at = 0
    state, _ = advance(EDGE, None, [])
    while at < len(frames):
        size = data.draw(st.integers(1, len(frames)))
        state, _ = advance(EDGE, state, frames[at : at + size])
        at += size
    # What waits to be published depends on batches; after a tick nothing waits any more.
    assert advance(EDGE, state, [TICK])[0] == whole


def test_state_stays_small_however_long_it_runs() -> None:
    state: bytes | None = None
    sizes = []
    for minute in range(300):
        frames = [
            counted(minute * 3 + n, at_us=START + minute * MINUTE, part=f"part-{minute}-{n}", defect=f"kind-{minute}")
            for n in range(3)
        ]
        state, _ = advance(EDGE, state, frames)
        sizes.append(len(state))
    # Names stop growing at 128 + 1, part ids at 256: past that nothing does.
    assert max(sizes[200:]) < 1.05 * sizes[200]


def test_a_frame_seen_before_is_dropped_and_counted() -> None:
    edge, out = step(EDGE, None, [counted(5), counted(6), counted(5), counted(6)])
    assert edge.totals.duplicates == 2
    assert edge.cameras["cam-1"].minutes[-1].inspections == 2
    assert not out.refused


def test_the_first_frame_ever_is_no_gap_and_a_new_epoch_alone_is_none() -> None:
    _, out = step(EDGE, None, [counted(1_000), counted(1_001, epoch=2)])
    assert out.alarms == []


def test_a_gap_is_one_alarm_with_its_numbers() -> None:
    edge, out = step(EDGE, None, [counted(1), counted(5)])
    (alarm,) = out.alarms
    assert (alarm.kind, alarm.value, alarm.severity, alarm.camera_id) == ("sequence_gap", 3.0, "critical", "cam-1")
    assert "2 to 4" in alarm.message
    assert alarm.alarm_id == "sequence_gap/cam-1/2-4"
    assert edge.cameras["cam-1"].minutes[-1].missing == 3


def test_numbers_that_go_back_under_a_later_epoch_are_refused() -> None:
    edge, out = step(EDGE, None, [counted(10, epoch=1), counted(3, epoch=2), counted(11, epoch=1)])
    ((index, reason),) = out.refused
    assert index == 1
    assert "goes back" in reason
    assert edge.cameras["cam-1"].sequence == 11


@pytest.mark.parametrize("frame", [counted(-1), counted(1, camera="*"), counted(1, camera="a/b")])
def test_impossible_frames_are_refused_and_leave_no_trace(frame: Counted) -> None:
    edge, out = step(EDGE, None, [frame])
    assert len(out.refused) == 1
    assert edge.cameras == {}


def test_cameras_beyond_the_limit_are_refused_and_the_others_go_on() -> None:
    frames = [counted(0, camera=f"cam-{number}") for number in range(MAX_CAMERAS + 1)]
    edge, out = step(EDGE, None, [*frames, counted(1, camera="cam-0")])
    assert [index for index, _ in out.refused] == [MAX_CAMERAS]
    assert edge.cameras["cam-0"].sequence == 1


def test_a_tick_publishes_what_changed_once() -> None:
    state, out = advance(EDGE, None, [counted(1), TICK])
    assert [record.inspections for record in out.statistics if record.camera_id == "cam-1"] == [1]
    assert not out.statistics[0].closed
    state, _ = advance(EDGE, state, [TICK])
    _, again = advance(EDGE, state, [TICK])
    assert again.statistics == []


def test_an_edge_at_rest_awaits_no_tick() -> None:
    edge, _ = step(EDGE, None, [counted(1)])
    assert awaits_tick(edge)
    state, _ = advance(EDGE, None, [counted(1), TICK])
    edge, _ = step(EDGE, state, [TICK])
    assert not awaits_tick(edge)


def test_a_rule_takes_effect_only_when_it_is_newer() -> None:
    new = Rule(revision=2, cameras=("a", "b"), deadline_us=5)
    old = Rule(revision=1, cameras=(), deadline_us=9)
    edge, _ = step(EDGE, None, [new, old])
    assert (edge.rule.revision, edge.rule.cameras, edge.rule.deadline_us) == (2, ["a", "b"], 5)


@pytest.mark.parametrize("data", [b"", b"\x02abc", b"\x01\xff\xff", b"\x01"])
def test_a_state_that_is_none_says_so(data: bytes) -> None:
    with pytest.raises(StateVersionError):
        step(EDGE, data, [])
