"""A projection on a real broker: sending records to their topics, and waiting until it has them."""

import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from sqlalchemy import select

from consumers.console.database import Database
from consumers.console.projection.rows import TOPICS
from consumers.console.publishing import Outgoing, Publisher
from consumers.console.tables.progress import PositionRow
from infra.kafka import make_admin, make_consumer
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.codec import Codec
from schemas.records import CameraClaim, EdgePolicy, EdgeReported, Inspection, Label, LabelingTask, Record
from schemas.topics import CAMERAS, CATALOGUE, Topic

_TOPICS: dict[type[Record], Topic] = {topic.record: topic for topic in CATALOGUE if topic.record is not None}


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 60.0) -> None:
    """Wait for a condition; fails with `what` when it does not come."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"not within {timeout} s: {what}"
        time.sleep(0.05)


def make_topics(settings: Settings) -> None:
    """Every topic of the catalogue."""
    apply_topics(make_admin(settings), settings)


def send(settings: Settings, *records: Any) -> None:
    """Send records to their topics under their keys, and wait until Kafka has them."""
    publisher = Publisher(settings, Codec(), acknowledged_s=30)
    publisher.send_all(
        Outgoing(topic=_TOPICS[type(record)], record=record, event_id=record.event_id, key=_key(record))
        for record in records
    )
    publisher.close()


def _key(record: Any) -> str | None:
    if isinstance(record, Inspection | Label):
        return record.edge_id
    if isinstance(record, LabelingTask):
        return record.frame_id
    if isinstance(record, EdgePolicy):
        return record.edge_id
    if isinstance(record, CameraClaim):
        return record.camera_id
    if isinstance(record, EdgeReported):
        return f"{record.edge_id}/{record.instance}"
    named: str | None = getattr(record, "key", None)
    return named if isinstance(named, str) else None


def ends(settings: Settings) -> dict[tuple[str, int], int]:
    """The next offset of every partition that holds anything."""
    consumer: Consumer = make_consumer(settings, "tests")
    try:
        found = {}
        for topic in TOPICS:
            for number in range(topic.partitions):
                low, high = consumer.get_watermark_offsets(TopicPartition(topic.name, number), timeout=30)
                if high > low:
                    found[topic.name, number] = high
        return found
    finally:
        consumer.close()


def positions(database: Database) -> dict[tuple[str, int], int]:
    """How far a database is."""
    with database.read() as session:
        return {(row.topic, row.partition): row.next_offset for row in session.scalars(select(PositionRow))}


def wait_until_caught_up(settings: Settings, database: Database) -> None:
    """Wait until the database has everything that lies in the topics, also what comes while we wait."""

    def caught_up() -> bool:
        ours, there = positions(database), ends(settings)
        # Claims are written in transactions: the last offset may be a commit's marker, which no record has.
        claims = [place for place in there if place[0] == CAMERAS.name]
        return all(ours.get(place, 0) + (place in claims) >= end for place, end in there.items())

    wait_until(
        caught_up,
        f"everything projected: {positions(database)} of {ends(settings)}",
    )
