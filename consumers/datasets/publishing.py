"""Publishes records and waits until Kafka has them."""

from collections.abc import Iterable
from typing import Final

from consumers.datasets.errors import PublishError
from infra.kafka import make_producer
from infra.settings import Settings
from schemas.codec import Codec
from schemas.headers import event_headers
from schemas.records import AuditEvent, Dataset, Label
from schemas.topics import AUDIT, DATASETS, LABELS

_ACKNOWLEDGED_WITHIN: Final = 60.0  # seconds
Published = Label | Dataset | AuditEvent


def publish(settings: Settings, codec: Codec, records: Iterable[Published], source: str) -> int:
    """Write records to their topics; returns how many, once every one is acknowledged. PublishError otherwise.

    `source` is the CloudEvents source, a URI reference such as `/cli`.
    """
    producer = make_producer(settings)
    failures: list[str] = []
    count = 0
    for record in records:
        topic, key = _place(record)
        while True:
            try:
                producer.produce(
                    topic,
                    key=key,
                    value=codec.encode(record),
                    headers=event_headers(record, event_id=record.event_id, source=source),
                    on_delivery=lambda error, _: failures.append(error.str()) if error else None,
                )
                break
            except BufferError:  # the queue is full: acknowledgements make room
                producer.poll(0.5)
        producer.poll(0)
        count += 1
    unanswered = producer.flush(_ACKNOWLEDGED_WITHIN)
    if unanswered or failures:
        why = "; ".join(sorted(set(failures))) or "no acknowledgement in time"
        raise PublishError(
            f"Kafka did not take {unanswered + len(failures)} of {count} records ({why}): see "
            "`linewatch broker status`, then run the same command again"
        )
    return count


def _place(record: Published) -> tuple[str, str | None]:
    """Topic and key of a record."""
    match record:
        case Label():
            return LABELS.name, record.edge_id
        case Dataset():
            return DATASETS.name, record.key
        case AuditEvent():
            return AUDIT.name, None
