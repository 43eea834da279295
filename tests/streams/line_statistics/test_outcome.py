"""Minutes and gaps as the records that travel."""

from schemas.codec import Codec
from schemas.records import EdgeStatistics
from streams.line_statistics.outcome import camera_record, gap_alarm, part_record
from streams.line_statistics.state import LATENCY_BOUNDS, Minute, PartMinute


def test_a_minute_travels_whole_and_fits_its_schema() -> None:
    minute = Minute(minute_us=60_000_000, writer="line_statistics", inspections=1, verdicts={"pass": 1})
    minute.latency.counts[3] += 1
    minute.latency.sum = 90_000
    record = camera_record("press-1", "left", minute)
    assert record.key == "press-1/left/60000000/line_statistics"
    assert record.latency is not None
    assert (record.latency.sum, record.latency.bounds) == (0.09, list(LATENCY_BOUNDS))
    assert Codec().decode(Codec().encode(record), EdgeStatistics) == record
    minute.verdicts["pass"] = 2
    assert record.verdicts == {"pass": 1}


def test_parts_travel_under_the_whole_edge() -> None:
    minute = PartMinute(minute_us=0, writer="line_statistics+3", closed=True, verdicts={"fail": 2}, first_pass=0)
    record = part_record("press-1", minute)
    assert record.key == "press-1/*/0/line_statistics+3"
    assert (record.parts, record.closed, record.inspections, record.latency) == ({"fail": 2}, True, 0, None)


def test_one_lost_frame_is_said_in_the_singular() -> None:
    alarm = gap_alarm("press-1", "left", 4, 4, 9)
    assert alarm.message.startswith("frame 4 is lost")
    assert (alarm.value, alarm.bound, alarm.at_us, alarm.edge_id) == (1.0, 0.0, 9, "press-1")
    assert gap_alarm("press-1", "left", 4, 6, 9).alarm_id != alarm.alarm_id
