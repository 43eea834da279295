"""The ticker: every whole second, every partition."""

import threading
from typing import Any, cast

from confluent_kafka import Producer

from schemas.codec import Codec
from schemas.records import Tick
from schemas.topics import TICKS
from streams.ticker import next_second, publish_tick, run_ticker


class Sink:
    """Takes what a producer would send."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def produce(self, topic: str, **record: Any) -> None:
        self.sent.append({"topic": topic, **record})

    def poll(self, _seconds: float) -> int:
        return 0

    def flush(self, _seconds: float) -> int:
        return 0


def test_seconds_are_whole_and_rise() -> None:
    assert next_second(0) == 1_000_000
    assert next_second(999_999) == 1_000_000
    assert next_second(1_000_000) == 2_000_000


def test_a_tick_goes_into_every_partition() -> None:
    sink = Sink()
    publish_tick(cast("Producer", sink), Codec(), 5_000_000)
    assert [record["partition"] for record in sink.sent] == list(range(TICKS.partitions))
    assert {record["topic"] for record in sink.sent} == {TICKS.name}
    assert Codec().decode(sink.sent[0]["value"], Tick) == Tick(at_us=5_000_000)


def test_it_ticks_seconds_until_its_limit_and_does_not_catch_up() -> None:
    sink = Sink()
    clock = iter([0, 999_999, 7_300_000, 7_999_999])  # five seconds were slept through
    assert run_ticker(cast("Producer", sink), Codec(), threading.Event(), limit=2, now_us=lambda: next(clock)) == 2
    seconds = [Codec().decode(record["value"], Tick).at_us for record in sink.sent[:: TICKS.partitions]]
    assert seconds == [1_000_000, 8_000_000]


def test_it_stops_when_told() -> None:
    stopped = threading.Event()
    stopped.set()
    sink = Sink()
    assert run_ticker(cast("Producer", sink), Codec(), stopped) == 0
    assert sink.sent == []
