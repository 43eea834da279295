"""Dead letters: what nobody could read, kept whole with the reason."""

from typing import Final

from confluent_kafka import Message

from infra.blobs import BlobStore
from schemas.headers import read_headers
from schemas.records import ClaimCheck, DeadLetter
from schemas.topics import INLINE_LIMIT

# An error may quote the value that is wrong, and that value may be as large as the message it came in.
_REASON_LIMIT: Final = 2_000


def dead_message(reader: str, error: Exception, message: Message, *, at_us: int, blobs: BlobStore) -> DeadLetter:
    """The dead letter of a Kafka message; its bytes go to the blob store when they are too large for a message."""
    return dead_record(
        reader,
        str(error),
        type(error).__name__,
        place=(message.topic(), message.partition(), message.offset()),
        timestamp_ms=message.timestamp()[1],
        key=message.key(),
        headers=read_headers(message.headers()),
        raw=message.value() or b"",
        at_us=at_us,
        blobs=blobs,
    )


def dead_record(
    reader: str,
    reason: str,
    kind: str,
    *,
    place: tuple[str | None, int | None, int | None],
    timestamp_ms: int,
    key: bytes | None,
    headers: dict[str, bytes],
    raw: bytes,
    at_us: int,
    blobs: BlobStore,
) -> DeadLetter:
    """The dead letter of what lay at a `place` (topic, partition, offset) of Kafka, whichever client read it."""
    beside = len(key or b"") + sum(len(name) + len(value) for name, value in headers.items())
    inline, check = _kept(raw, blobs, beside)
    topic, partition, offset = place
    return DeadLetter(
        reader=reader,
        at_us=at_us,
        reason=_short(reason),
        kind=kind,
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp_us=timestamp_ms * 1000,
        key=key,
        headers=headers,
        raw=inline,
        claim_check=check,
    )


def dead_origin(
    reader: str, reason: str, kind: str, origin: str, raw: bytes, *, at_us: int, blobs: BlobStore
) -> DeadLetter:
    """The dead letter of something that never reached Kafka, such as a broken file of a camera."""
    inline, check = _kept(raw, blobs)
    return DeadLetter(
        reader=reader, at_us=at_us, reason=_short(reason), kind=kind, origin=origin, raw=inline, claim_check=check
    )


def _kept(raw: bytes, blobs: BlobStore, beside: int = 0) -> tuple[bytes | None, ClaimCheck | None]:
    """The bytes themselves when they and `beside` more fit into a message, else where they lie."""
    return (raw, None) if len(raw) + beside <= INLINE_LIMIT else (None, blobs.put(raw))


def _short(reason: str) -> str:
    return reason if len(reason) <= _REASON_LIMIT else f"{reason[:_REASON_LIMIT]}... ({len(reason)} characters)"
