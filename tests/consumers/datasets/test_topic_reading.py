"""Frames and labels out of topics, whole."""

from hashlib import sha256

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from consumers.datasets.topic_reading import TopicReading
from infra.blobs import open_blobs
from infra.settings import Settings
from tests.consumers.datasets.makers import CODEC, Line, picture

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
FRAMES = 30


@pytest.fixture
def line(broker_settings: Settings, unique: str) -> Line:
    line = Line(broker_settings, open_blobs(broker_settings), unique)
    line.capture([picture(number) for number in range(FRAMES)])
    return line


def digest(image: bytes) -> str:
    return sha256(image).hexdigest()


def expire(admin: AdminClient, line: Line, before: int) -> None:
    place = line.locations[before]
    for result in admin.delete_records([TopicPartition(place.topic, place.partition, place.offset)]).values():
        result.result(30)


def test_frames_are_listed_by_capture_time_and_what_is_no_frame_is_reported(line: Line) -> None:
    line.send_raw(b"garbage")
    reading = TopicReading(line.settings, CODEC)
    try:
        from_us, to_us = line.captured_at_us(5), line.captured_at_us(9)
        found = reading.frames(line.edge, from_us, to_us, lambda _done, _total: None)
        assert sorted(found) == [f"cam-1/{number}" for number in range(5, 9)]
        assert [frame.location for frame in found.values()] == line.locations[5:9]
        reading.frames(line.edge, from_us, 2**62, lambda _done, _total: None)
        assert [one.place for one in reading.unreadable] == [f"{line.topic}[{line.locations[0].partition}]@{FRAMES}"]
    finally:
        reading.close()
