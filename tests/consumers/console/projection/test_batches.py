"""From messages to batches, with messages of a real broker."""

import pytest
from confluent_kafka import Producer

from consumers.console.projection.batches import Batch, batch_of, only_positions
from consumers.console.projection.changes import Put
from schemas.codec import Codec
from tests.conftest import MakeTopic, ReadTopic
from tests.consumers.console import records


def test_nothing_is_a_batch_too() -> None:
    assert batch_of([], Codec()) == Batch()


@pytest.mark.integration
def test_what_can_be_read_is_changes_the_rest_is_set_aside_and_both_move_the_position(
    kafka_producer: Producer, make_topic: MakeTopic, read_topic: ReadTopic, monkeypatch: pytest.MonkeyPatch, unique: str
) -> None:
    topic = make_topic(f"{unique}-alarms")
    monkeypatch.setitem(
        __import__("consumers.console.projection.batches", fromlist=["_RECORDS"])._RECORDS, topic, type(records.alarm())
    )
    codec = Codec()
    for value in (codec.encode(records.alarm()), b"garbage", codec.encode(records.alarm(alarm_id="other"))):
        kafka_producer.produce(topic, value=value)
    kafka_producer.flush(30)
    batch = batch_of(read_topic(topic, 3), codec)
    rows = [change.row for change in batch.changes if isinstance(change, Put)]
    assert [row.get("alarm_id") for row in rows] == ["gap/cam-1", "other", None]
    assert rows[-1] == {"topic": topic, "partition": 0, "next_offset": 3}
    assert [(message.offset(), type(error).__name__) for message, error in batch.unreadable] == [(1, "DecodeError")]
    assert batch.taken == {topic: 3}
    assert [change.row for change in only_positions(batch) if isinstance(change, Put)] == rows[-1:]
