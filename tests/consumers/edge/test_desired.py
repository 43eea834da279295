"""An edge hears of every statement for it, old and new, and of what is unreadable."""

import queue
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Message, Producer

from consumers.edge.desired import DesiredReader
from infra.settings import Settings
from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.records import DesiredState
from schemas.topics import DESIRED

pytestmark = pytest.mark.integration

CODEC = Codec()


def state(edge_id: str, revision: int) -> DesiredState:
    return DesiredState(
        edge_id=edge_id, slot="active", revision=revision, issued_at_us=1, statement=b"{}", signatures=[]
    )


class Ear:
    """Takes what the reader hands on."""

    def __init__(self, settings: Settings, edge_id: str) -> None:
        self.heard: queue.Queue[DesiredState | DecodeError] = queue.Queue()
        self.reader = DesiredReader(settings, CODEC, edge_id, self.heard.put, self._unreadable)

    def _unreadable(self, _message: Message, error: DecodeError) -> None:
        self.heard.put(error)


@pytest.fixture
def ear(broker_settings: Settings, unique: str) -> Iterator[Ear]:
    made = Ear(broker_settings, unique)
    yield made
    made.reader.stop()


def test_old_statements_are_heard_first_then_new_ones_and_garbage_stops_nothing(
    ear: Ear, unique: str, make_topic: Callable[..., str], kafka_producer: Producer
) -> None:
    topic = make_topic(DESIRED.of(unique))
    for value in (CODEC.encode(state(unique, 1)), b"garbage", None, CODEC.encode(state(unique, 2))):
        kafka_producer.produce(topic, key="active", value=value)
    kafka_producer.flush(30)
    ear.reader.start()

    first = ear.heard.get(timeout=60)
    garbage = ear.heard.get(timeout=60)
    second = ear.heard.get(timeout=60)
    kafka_producer.produce(topic, key="active", value=CODEC.encode(state(unique, 3)))
    kafka_producer.flush(30)

    assert isinstance(garbage, DecodeError)
    assert [first, second] == [state(unique, 1), state(unique, 2)]
    assert ear.heard.get(timeout=60) == state(unique, 3)


def test_a_topic_that_comes_later_is_waited_for(
    ear: Ear, unique: str, make_topic: Callable[..., str], kafka_producer: Producer
) -> None:
    ear.reader.start()
    topic = make_topic(DESIRED.of(unique))
    kafka_producer.produce(topic, key="active", value=CODEC.encode(state(unique, 1)))
    kafka_producer.flush(30)

    assert ear.heard.get(timeout=60) == state(unique, 1)
