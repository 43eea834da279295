"""Outputs arrive whole and in order, however often it takes."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from infra.settings import Settings
from schemas.codec import Codec
from schemas.headers import read_headers
from schemas.records import EdgeStatistics
from streams import outputs as module
from streams.outputs import Output, OutputSender
from tests.conftest import ReadTopic

CODEC = Codec()


def minute(number: int) -> EdgeStatistics:
    return EdgeStatistics(
        edge_id="press-1",
        camera_id="cam-1",
        minute_us=0,
        writer="line_statistics",
        closed=False,
        inspections=number,
        last_sequence=number,
    )


class Flaky:
    """A producer of which the first one fails from the third record on."""

    made = 0
    log: list[bytes]

    def __init__(self) -> None:
        type(self).made += 1
        self.broken = type(self).made == 1
        self._pending: list[tuple[bytes, Callable[..., None]]] = []

    def produce(self, _topic: str, *, value: bytes, on_delivery: Callable[..., None], **_: Any) -> None:
        self._pending.append((value, on_delivery))

    def poll(self, _seconds: float) -> int:
        return 0

    def flush(self, _seconds: float) -> int:
        for number, (value, on_delivery) in enumerate(self._pending):
            if self.broken and number >= 2:
                message: Any = type("Message", (), {"topic": lambda self: "t"})()
                on_delivery(KafkaError(KafkaError._MSG_TIMED_OUT), message)
            else:
                self.log.append(value)
                on_delivery(None, None)
        self._pending.clear()
        return 0

    def purge(self) -> None:
        self._pending.clear()


def test_from_the_first_failure_on_all_are_sent_again_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    Flaky.made, Flaky.log = 0, []
    monkeypatch.setattr(module, "make_producer", lambda *_, **__: Flaky())
    monkeypatch.setattr(module, "_PAUSE", 0)
    sender = OutputSender(Settings(), CODEC, "/tests")
    asyncio.run(sender.deliver([Output("t", "k", minute(number)) for number in range(5)]))
    assert [CODEC.decode(value, EdgeStatistics).inspections for value in Flaky.log] == [0, 1, 2, 3, 4]
    assert Flaky.made == 2


def test_a_producer_that_refuses_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    Flaky.made, Flaky.log = 1, []
    refusals = iter([KafkaException(KafkaError(KafkaError._FATAL)), BufferError("full")])

    def make(*_: Any, **__: Any) -> Flaky:
        for error in refusals:
            raise error
        return Flaky()

    monkeypatch.setattr(module, "make_producer", make)
    monkeypatch.setattr(module, "_PAUSE", 0)
    asyncio.run(OutputSender(Settings(), CODEC, "/tests").deliver([Output("t", "k", minute(1))]))
    assert len(Flaky.log) == 1


@pytest.mark.integration
def test_outputs_reach_kafka_with_their_headers(
    broker_settings: Settings, make_topic: Callable[..., str], read_topic: ReadTopic, unique: str
) -> None:
    topic = make_topic(f"{unique}-out")
    sender = OutputSender(broker_settings, CODEC, "/streams/test")
    asyncio.run(sender.deliver([Output(topic, minute(n).key, minute(n)) for n in range(3)]))
    messages = read_topic(topic, 3)
    values = [CODEC.decode(message.value(), EdgeStatistics) for message in messages]
    assert [value.inspections for value in values] == [0, 1, 2]
    assert messages[0].key() == minute(0).key.encode()
    headers = read_headers(messages[2].headers())
    assert headers["ce_id"] == minute(2).event_id.encode()
    assert headers["ce_source"] == b"/streams/test"
