import os
from collections.abc import Iterator

import pytest
from aiokafka.partitioner import murmur2 as reference_murmur2
from confluent_kafka import Message, Producer
from confluent_kafka.cimpl import NewTopic
from hypothesis import given
from hypothesis import strategies as st

from infra.kafka import (
    BrokerAwayError,
    TopicMissingError,
    key_partition,
    make_admin,
    make_producer,
    murmur2,
    read_compacted,
    read_to_end,
)
from infra.settings import Settings


@given(st.binary(max_size=200))
def test_murmur2_is_kafkas(data: bytes) -> None:
    assert murmur2(data) == reference_murmur2(data) & 0xFFFFFFFF


def test_a_broker_that_is_away_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.kafka.ANSWER_TIMEOUT", 0.2)
    settings = Settings(bootstrap_servers="127.0.0.1:1", kafka={"log_level": "0"})
    with pytest.raises(BrokerAwayError, match=r"offsets of nowhere\[0\]"):
        list(read_to_end(settings, "nowhere"))


@pytest.fixture
def topic(broker_settings: Settings, unique: str) -> Iterator[str]:
    admin = make_admin(broker_settings)
    for future in admin.create_topics([NewTopic(unique, 12, 1)]).values():
        future.result()
    yield unique
    for future in admin.delete_topics([unique]).values():
        future.result()


def _send(producer: Producer, topic: str, pairs: list[tuple[str, bytes | None]], partition: int = 0) -> None:
    for key, value in pairs:
        producer.produce(topic, key=key, value=value, partition=partition)
    assert producer.flush(30) == 0


@pytest.mark.integration
def test_our_producer_puts_a_key_where_key_partition_says(broker_settings: Settings, topic: str) -> None:
    landed: dict[str, int | None] = {}
    producer = make_producer(broker_settings)

    def note(_: object, message: Message) -> None:
        landed[(message.key() or b"").decode()] = message.partition()

    for _ in range(50):
        producer.produce(topic, key=os.urandom(4).hex(), on_delivery=note)
    assert producer.flush(30) == 0
    assert landed == {key: key_partition(key, 12) for key in landed}
    assert len(set(landed.values())) > 6


@pytest.mark.integration
def test_reading_to_the_end_ends_even_behind_transaction_markers(broker_settings: Settings, topic: str) -> None:
    producer = make_producer(broker_settings, transactional_id=topic, delivery_timeout_ms=30_000)
    producer.init_transactions(30)
    producer.begin_transaction()
    _send(producer, topic, [("a", b"1"), ("b", b"2")])
    producer.commit_transaction(30)
    values = [message.value() for message in read_to_end(broker_settings, topic)]
    assert values == [b"1", b"2"]
    assert [message.value() for message in read_to_end(broker_settings, topic, start=1)] == [b"2"]
    assert list(read_to_end(broker_settings, topic, partition=3)) == []


@pytest.mark.integration
def test_a_topic_that_is_not_there_is_named_as_missing(broker_settings: Settings, unique: str) -> None:
    with pytest.raises(TopicMissingError, match="linewatch topics apply"):
        list(read_to_end(broker_settings, unique))


@pytest.mark.integration
def test_the_latest_value_of_a_key_counts_and_a_tombstone_removes_it(broker_settings: Settings, topic: str) -> None:
    _send(make_producer(broker_settings), topic, [("a", b"1"), ("b", b"1"), ("a", b"2"), ("b", None)])
    assert read_compacted(broker_settings, topic) == {b"a": b"2"}
