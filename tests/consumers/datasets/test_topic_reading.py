"""Frames and labels out of topics, whole."""

import pytest

from consumers.datasets.topic_reading import TopicReading
from infra.settings import Settings
from tests.consumers.datasets.makers import CODEC, Line, captured_line

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
FRAMES = 30


@pytest.fixture
def line(broker_settings: Settings, unique: str) -> Line:
    return captured_line(broker_settings, unique, FRAMES)


def test_frames_are_listed_by_capture_time_and_what_is_no_frame_is_reported(line: Line) -> None:
    line.send_raw(b"garbage")
    reading = TopicReading(line.settings, CODEC)
    try:
        from_us, to_us = line.captured_at_us(5), line.captured_at_us(9)
        found = reading.frames(line.edge, from_us, to_us, lambda _done, _total: None)
        assert sorted(found) == [f"cam-1/{number}" for number in range(5, 9)]
        assert [frame.location for frame in found.values()] == line.locations[5:9]
        reading.frames(line.edge, from_us, 2**62, lambda _done, _total: None)
        mine = [one.place for one in reading.unreadable if one.place.startswith(f"{line.topic}[")]
        assert mine == [f"{line.topic}[{line.locations[0].partition}]@{FRAMES}"]
    finally:
        reading.close()
