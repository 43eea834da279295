"""Minutes: when they close, how old ones go on."""

import math

from streams.line_statistics.minutes import KEPT_MINUTES
from streams.line_statistics.state import MINUTE_NAMES, OTHER
from streams.line_statistics.step import advance, step
from tests.streams.line_statistics.made import EDGE, MINUTE, START, counted, latest, plain_count, summed

M0 = START - START % MINUTE


def test_a_minute_closes_when_the_next_begins() -> None:
    _, out = step(EDGE, None, [counted(1, at_us=M0), counted(2, at_us=M0 + MINUTE)])
    (closed,) = [record for record in out.statistics if record.camera_id == "cam-1"]
    assert (closed.closed, closed.inspections, closed.minute_us) == (True, 1, M0)
    assert (closed.first_sequence, closed.last_sequence, closed.writer) == (1, 1, "line_statistics")


def test_a_clock_set_back_a_little_goes_on_in_the_old_minute() -> None:
    frames = [counted(1, at_us=M0), counted(2, at_us=M0 + MINUTE), counted(3, at_us=M0), counted(4, at_us=M0 + MINUTE)]
    _, out = step(EDGE, None, [*frames, counted(5, at_us=M0 + 2 * MINUTE)])
    assert {record.writer for record in out.statistics} == {"line_statistics"}
    assert {r.minute_us: r.inspections for r in latest(out.statistics) if r.camera_id == "cam-1"} == {
        M0: 2,
        M0 + MINUTE: 2,
    }


def test_a_minute_no_longer_kept_is_begun_under_a_writer_of_its_own() -> None:
    frames = [counted(n, at_us=M0 + n * MINUTE) for n in range(KEPT_MINUTES + 1)]
    frames += [counted(100, at_us=M0), counted(101, at_us=M0 + 9 * MINUTE)]
    _, out = step(EDGE, None, frames)
    old = [r for r in latest(out.statistics) if r.minute_us == M0 and r.camera_id == "cam-1"]
    assert {record.writer for record in old} == {"line_statistics", "line_statistics+100"}
    want = plain_count(frames)
    assert summed(out.statistics)["cam-1", M0] == want["cam-1", M0]


def test_times_before_1970_count_into_the_first_minute() -> None:
    edge, out = step(EDGE, None, [counted(1, at_us=-5)])
    assert edge.cameras["cam-1"].minutes[-1].minute_us == 0
    assert not out.refused


def test_histograms_hold_each_value_in_its_bucket() -> None:
    edge, _ = step(
        EDGE, None, [counted(1, score=0.05, total_us=5_000), counted(2, score=0.0501), counted(3, score=1.0)]
    )
    minute = edge.cameras["cam-1"].minutes[-1]
    assert minute.scores.counts[:2] == [1, 1]
    assert minute.scores.counts[-1] == 1
    assert minute.latency.counts[0] == 1
    assert minute.latency.sum == 5_000 + 2 * 90_000


def test_not_a_number_is_counted_as_a_frame_and_poisons_nothing() -> None:
    edge, _ = step(EDGE, None, [counted(1, score=math.nan), counted(2, score=math.inf), counted(3, score=0.5)])
    minute = edge.cameras["cam-1"].minutes[-1]
    assert minute.inspections == 3
    assert (sum(minute.scores.counts), minute.scores.sum) == (1, 0.5)


def test_names_without_end_are_counted_as_other() -> None:
    frames = [counted(n, verdict="fail", defect=f"kind-{n}") for n in range(MINUTE_NAMES + 10)]
    state, _ = advance(EDGE, None, frames)
    edge, _ = step(EDGE, state, [])
    defects = edge.cameras["cam-1"].minutes[-1].defect_classes
    assert defects[OTHER] == 10
    assert sum(defects.values()) == MINUTE_NAMES + 10
