"""Dead letters: what nobody could read, kept whole with the reason."""

from confluent_kafka import Message

from infra.blobs import BlobStore
from schemas.headers import read_headers
from schemas.records import DeadLetter
from schemas.topics import INLINE_LIMIT


def dead_message(reader: str, error: Exception, message: Message, *, at_us: int, blobs: BlobStore) -> DeadLetter:
    """The dead letter of a Kafka message; its bytes go to the blob store when they are too large for a message."""
    raw = message.value() or b""
    inline, check = (raw, None) if len(raw) <= INLINE_LIMIT else (None, blobs.put(raw))
    _, timestamp_ms = message.timestamp()
    return DeadLetter(
        reader=reader,
        at_us=at_us,
        reason=str(error),
        kind=type(error).__name__,
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        timestamp_us=timestamp_ms * 1000,
        key=message.key(),
        headers=read_headers(message.headers()),
        raw=inline,
        claim_check=check,
    )


def dead_origin(
    reader: str, reason: str, kind: str, origin: str, raw: bytes, *, at_us: int, blobs: BlobStore
) -> DeadLetter:
    """The dead letter of something that never reached Kafka, such as a broken file of a camera."""
    inline, check = (raw, None) if len(raw) <= INLINE_LIMIT else (None, blobs.put(raw))
    return DeadLetter(
        reader=reader, at_us=at_us, reason=reason, kind=kind, origin=origin, raw=inline, claim_check=check
    )
