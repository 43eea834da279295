"""The contestants of benchmark `statistics`, each run in a process of its own: one reading of a filled topic.

Each prints one JSON line: records counted, seconds between the first and the last of them, and what it counted by edge.
Starting, joining the group and recovering are outside the seconds, for every contestant alike.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faust
from confluent_kafka import Consumer
from faust.tables.table import Table
from faust.transport.drivers.aiokafka import Transport
from prometheus_client import CollectorRegistry

from infra.blobs import open_blobs
from infra.schema_topic import make_codec
from infra.settings import Settings
from schemas.records import Inspection
from streams.line_statistics.app import SOURCE, build_app
from streams.line_statistics.events import counted
from streams.line_statistics.processor import Processor, TopicNames
from streams.line_statistics.state import encode_state, total_of
from streams.line_statistics.step import step
from streams.outputs import Output, OutputSender
from streams.state_table import StateTable
from streams.worker import PARTITIONS, make_app


class Clock:
    """Counts records; knows when the first and the last came, and calls `done` at the last."""

    def __init__(self, expected: int) -> None:
        self._expected = expected
        self.count = 0
        self._first = 0.0
        self.seconds = 0.0
        self.done: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Something came."""
        if not self._first:
            self._first = time.perf_counter()

    def add(self, records: int) -> None:
        """So many were processed whole."""
        self.count += records
        if self.count >= self._expected:
            self.seconds = time.perf_counter() - self._first
            self.done()


def report(clock: Clock, counts: dict[str, int]) -> None:
    """Say what was done."""
    print(json.dumps({"count": clock.count, "seconds": clock.seconds, "edges": counts}), flush=True)


def run_faust(app: faust.App, clock: Clock) -> None:
    """Run an app in this process until the clock has counted everything."""

    async def main() -> None:
        finished = asyncio.Event()
        clock.done = finished.set
        async with app:
            await finished.wait()
            await app.consumer.commit()

    Path(app.conf.datadir).mkdir(parents=True, exist_ok=True)
    asyncio.get_event_loop().run_until_complete(main())


def states_by_edge(table: StateTable) -> dict[str, int]:
    """How many inspections each edge's stored state holds."""
    found = {}
    for partition in range(PARTITIONS):
        for key, stamped in table.scan(partition):
            state, _ = step(key.decode(), stamped.value, ())
            found[key.decode()] = sum(total_of(state).verdicts.values())
    return found


def linewatch(settings: Settings, names: TopicNames, run: str, clock: Clock) -> None:
    """line_statistics as deployed: bundles, one table write for each edge and bundle."""
    take = Processor.take

    async def timed(self: Processor, event: Any) -> Any:
        clock.start()
        futures = await take(self, event)
        if futures is not None:
            records = len(event.value)
            asyncio.gather(*futures).add_done_callback(lambda _: count(records))
        return futures

    counts: dict[str, int] = {}

    def count(records: int) -> None:
        if clock.count + records >= clock._expected:
            counts.update(states_by_edge(built.table))
        clock.add(records)

    Processor.take = timed  # type: ignore[method-assign, assignment]
    built = build_app(settings, open_blobs(settings), CollectorRegistry(), app_id=run, names=names)
    built.policies.start()
    run_faust(built.app, clock)
    built.policies.stop()
    report(clock, counts)


def one_write_per_event(settings: Settings, names: TopicNames, run: str, clock: Clock) -> None:
    """The same step, as Faust's documentation writes an agent: one event, one table write."""
    app = make_app(settings, run, "1")
    app.transport = Transport(app.conf.broker_consumer, app)
    table: Table[bytes, bytes] = Table(app, name="edges", key_type=bytes, value_type=bytes, partitions=PARTITIONS)
    app.tables.add(table)
    codec = make_codec(settings)
    sender = OutputSender(settings, codec, SOURCE)
    counts: dict[str, int] = {}

    @app.agent(app.topic(names.inspections, key_serializer="raw", value_serializer="raw"), concurrency=1)
    async def count(stream: Any) -> None:
        async for event in stream.events():
            clock.start()
            key, inspection = event.key, codec.decode(event.value, Inspection)
            state, out = step(inspection.edge_id, table.get(key), [counted(inspection)])
            if out.statistics:
                await sender.deliver([Output(names.statistics, record.key, record) for record in out.statistics])
            table[key] = encode_state(state)
            counts[inspection.edge_id] = sum(total_of(state).verdicts.values())
            clock.add(1)

    run_faust(app, clock)
    report(clock, counts)


def bare(settings: Settings, names: TopicNames, run: str, clock: Clock) -> None:
    """A bare consumer that counts keys and decodes nothing."""
    consumer = Consumer(settings.kafka_settings(group_id=run, auto_offset_reset="earliest", enable_auto_commit=False))
    consumer.subscribe([names.inspections])
    counts: dict[str, int] = {}
    finished = False

    def done() -> None:
        nonlocal finished
        finished = True

    clock.done = done
    while not finished:
        for message in consumer.consume(1000, 1.0):
            clock.start()
            edge = (message.key() or b"").decode()
            counts[edge] = counts.get(edge, 0) + 1
            clock.add(1)
    consumer.close()
    report(clock, counts)


CONTESTANTS = {"linewatch": linewatch, "one-write-per-event": one_write_per_event, "bare": bare}


if __name__ == "__main__":
    name, address, folder, run_id, total, topics = sys.argv[1:7]
    CONTESTANTS[name](
        Settings(bootstrap_servers=address, data_dir=Path(folder), log_level="WARNING"),
        TopicNames(*topics.split(",")),
        run_id,
        Clock(int(total)),
    )
