"""The clock of stream steps: one tick a second into every partition.

Two tickers are harmless: a second is known by its `at_us`, and a step that has seen it drops it. A ticker that was away
does not catch up: a tick says what time it is, and the past is over.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from confluent_kafka import Producer

from schemas.codec import Codec
from schemas.headers import event_headers
from schemas.records import Tick
from schemas.topics import TICKS

_SECOND_US: Final = 1_000_000
SOURCE: Final = "/streams/ticker"


def next_second(now_us: int) -> int:
    """The first whole second after `now_us`, Unix microseconds.

    >>> next_second(1_500_000), next_second(2_000_000)
    (2000000, 3000000)
    """
    return (now_us // _SECOND_US + 1) * _SECOND_US


def publish_tick(producer: Producer, codec: Codec, at_us: int, topic: str = TICKS.name) -> None:
    """One tick into each partition; not waited for, as the next one is a second away."""
    tick = Tick(at_us=at_us)
    value, headers = codec.encode(tick), event_headers(tick, event_id=tick.event_id, source=SOURCE)
    for partition in range(TICKS.partitions):
        producer.produce(topic, value=value, partition=partition, headers=headers)
    producer.poll(0)


def run_ticker(
    producer: Producer,
    codec: Codec,
    stopped: threading.Event,
    *,
    topic: str = TICKS.name,
    limit: int | None = None,
    now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
) -> int:
    """Tick at each whole second until `stopped` (or `limit` ticks); returns how many seconds were ticked."""
    ticked = 0
    while limit is None or ticked < limit:
        at_us = next_second(now_us())
        if stopped.wait((at_us - now_us()) / _SECOND_US):
            break
        publish_tick(producer, codec, at_us, topic)
        ticked += 1
    producer.flush(5)
    return ticked
