"""The embedded cluster: one node, three nodes, kills and restarts, and the errors that say what to do."""

import pytest
from confluent_kafka import Producer

from tests.conftest import Broker, ReadTopic


@pytest.mark.integration
def test_the_sessions_broker_takes_and_gives_messages(
    broker: Broker, kafka_producer: Producer, make_topic: object, read_topic: ReadTopic, unique: str
) -> None:
    assert callable(make_topic)
    topic = make_topic(f"{unique}.hello", partitions=2)
    for number in range(10):
        kafka_producer.produce(topic, value=str(number).encode(), key=str(number))
    assert kafka_producer.flush(30) == 0
    values = sorted(int(message.value() or b"") for message in read_topic(topic, 10))
    assert values == list(range(10))
