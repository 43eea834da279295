"""Fixtures every test may use: a real Kafka for the session, private ones for fault tests, and clients of them."""

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from confluent_kafka import Consumer, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from hypothesis import settings as hypothesis_settings

from infra.broker import Cluster, ClusterOptions
from infra.settings import Settings

# No test is timed: on a busy machine Hypothesis' 200 ms an example would fail what is right.
hypothesis_settings.register_profile("linewatch", deadline=None)
hypothesis_settings.load_profile("linewatch")

FAST_START: dict[str, Any] = {
    # Quicker to start and to recover after a kill than what a factory would want.
    "jvm_options": ("-XX:TieredStopAtLevel=1",),
    "overrides": {
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
    },
}
KEEP_ALL = {
    # What tests publish was captured at fixed times of the past: retention would take it away amid a test. It looks
    # first after the initial delay (30 s by default), then at every interval.
    "log.initial.task.delay.ms": str(24 * 3_600_000),
    "log.retention.check.interval.ms": str(24 * 3_600_000),
}
QUIET = {"log_level": 0}
"""librdkafka settings: tests kill brokers, and every refused connection is not worth a line."""


class Broker(Protocol):
    """What tests know of the session's broker."""

    @property
    def bootstrap_servers(self) -> str:
        """Addresses as Kafka clients take them."""


@dataclass(frozen=True, slots=True)
class _OutsideBroker:
    bootstrap_servers: str


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One real Kafka node for the whole session, or the one at LINEWATCH_TEST_BROKER. Use `unique` in every name."""
    if outside := os.environ.get("LINEWATCH_TEST_BROKER"):
        yield _OutsideBroker(outside)
        return
    options = {**FAST_START, "overrides": {**FAST_START["overrides"], **KEEP_ALL}}
    with Cluster(tmp_path_factory.mktemp("broker"), ClusterOptions(**options)) as cluster:
        yield cluster


class StartCluster(Protocol):
    """Start a cluster of one's own: `start_cluster()`, `start_cluster(nodes=3)`, any of ClusterOptions' fields."""

    def __call__(self, **options: Any) -> Cluster:
        """Give a running cluster, stopped at the test's end."""


@pytest.fixture
def start_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartCluster]:
    """Start private clusters that a test may kill; each is stopped at the test's end."""
    with ExitStack() as clusters:

        def start(**options: Any) -> Cluster:
            cluster = Cluster(tmp_path_factory.mktemp("cluster"), ClusterOptions(**{**FAST_START, **options}))
            return clusters.enter_context(cluster)

        yield start


@pytest.fixture
def unique() -> str:
    """An id no other test has, fit for edges, cameras, topics and groups."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def broker_settings(broker: Broker, tmp_path: Path) -> Settings:
    """Settings of the session's broker with a data directory of the test's own."""
    return Settings(bootstrap_servers=broker.bootstrap_servers, data_dir=tmp_path / "var")


@pytest.fixture
def admin(broker: Broker) -> AdminClient:
    """An admin client of the session's broker."""
    return AdminClient({"bootstrap.servers": broker.bootstrap_servers, **QUIET})


class MakeTopic(Protocol):
    """Make topics: `make_topic(name, partitions=1, **config)`; underscores in config names stand for dots."""

    def __call__(self, name: str, partitions: int = 1, **config: str) -> str:
        """Give the topic's name."""


@pytest.fixture
def make_topic(admin: AdminClient) -> MakeTopic:
    """Make topics on the session's broker."""

    def make(name: str, partitions: int = 1, **config: str) -> str:
        settings = {key.replace("_", "."): value for key, value in config.items()}
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=settings)
        admin.create_topics([topic])[name].result(30)
        return name

    return make


@pytest.fixture
def kafka_producer(broker: Broker) -> Iterator[Producer]:
    """A plain acks=all producer; what is still unsent at the test's end is an error."""
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "acks": "all", **QUIET})
    yield producer
    assert producer.flush(30) == 0, "messages were left unsent"


class ReadTopic(Protocol):
    """Read topics from their beginning until so many messages came."""

    def __call__(self, topics: str | Sequence[str], count: int, *, timeout: float = 30.0) -> list[Message]:
        """Give the first `count` messages; fails when there are fewer within `timeout` seconds."""


@pytest.fixture
def read_topic(broker: Broker, unique: str) -> Iterator[ReadTopic]:
    """Read messages of topics by a consumer group of the test's own."""
    with ExitStack() as consumers:

        def read(topics: str | Sequence[str], count: int, *, timeout: float = 30.0) -> list[Message]:
            consumer = Consumer(
                {
                    "bootstrap.servers": broker.bootstrap_servers,
                    "group.id": f"reader-{unique}-{uuid.uuid4().hex[:6]}",
                    "auto.offset.reset": "earliest",
                    **QUIET,
                }
            )
            consumers.callback(consumer.close)
            consumer.subscribe([topics] if isinstance(topics, str) else list(topics))
            messages = consumer.consume(count, timeout)
            assert len(messages) == count, f"{len(messages)} of {count} messages of {topics} came within {timeout} s"
            assert all(message.error() is None for message in messages)
            return messages

        yield read
