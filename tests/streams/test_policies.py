"""Policies are there from the start and follow what is written."""

import time
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Producer

from infra.settings import Settings
from schemas.codec import Codec
from schemas.records import EdgePolicy
from streams.policies import PolicyFollower

pytestmark = pytest.mark.integration
CODEC = Codec()


def write(producer: Producer, topic: str, edge: str, revision: int | None) -> None:
    policy = EdgePolicy(edge_id="press-1", revision=revision or 0, set_by="test", set_at_us=0)
    producer.produce(topic, key=edge, value=None if revision is None else CODEC.encode(policy))
    assert producer.flush(30) == 0


@pytest.fixture
def topic(make_topic: Callable[..., str], unique: str) -> str:
    return make_topic(f"{unique}-policies", cleanup_policy="compact")


@pytest.fixture
def follower(broker_settings: Settings, topic: str) -> Iterator[PolicyFollower]:
    made = PolicyFollower(broker_settings, CODEC, topic)
    yield made
    made.stop()


def revision(follower: PolicyFollower, edge: str = "press-1") -> int | None:
    policy = follower.get(edge)
    return None if policy is None else policy.revision


def wait_for(follower: PolicyFollower, wanted: int | None) -> None:
    ends = time.monotonic() + 30
    while revision(follower) != wanted:
        assert time.monotonic() < ends, f"revision {revision(follower)}, not {wanted}"
        time.sleep(0.02)


def test_what_is_there_is_known_after_start_and_what_comes_follows(
    follower: PolicyFollower, kafka_producer: Producer, topic: str
) -> None:
    write(kafka_producer, topic, "press-1", 1)
    write(kafka_producer, topic, "press-1", 2)
    write(kafka_producer, topic, "press-2", 7)  # says it is press-1's: a stray
    kafka_producer.produce(topic, key="press-1", value=b"garbage")
    kafka_producer.flush(30)
    follower.start()
    assert revision(follower) == 2
    assert revision(follower, "press-2") is None
    write(kafka_producer, topic, "press-1", 3)
    wait_for(follower, 3)
    write(kafka_producer, topic, "press-1", None)
    wait_for(follower, None)


def test_an_empty_topic_is_no_reason_to_wait(follower: PolicyFollower) -> None:
    follower.start()
    assert revision(follower) is None
