"""Dead letters: what nobody could read, kept whole with the reason."""

from collections.abc import Mapping
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
    headers, key = read_headers(message.headers()), message.key()
    inline, check = kept(message.value() or b"", blobs, beside(key, headers))
    _, timestamp_ms = message.timestamp()
    return DeadLetter(
        reader=reader,
        at_us=at_us,
        reason=short_reason(str(error)),
        kind=type(error).__name__,
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
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
    inline, check = kept(raw, blobs)
    return DeadLetter(
        reader=reader, at_us=at_us, reason=short_reason(reason), kind=kind, origin=origin, raw=inline, claim_check=check
    )


def beside(key: bytes | None, headers: Mapping[str, bytes]) -> int:
    """How many bytes of a letter its key and headers take."""
    return len(key or b"") + sum(len(name) + len(value) for name, value in headers.items())


def kept(raw: bytes, blobs: BlobStore, beside: int = 0) -> tuple[bytes | None, ClaimCheck | None]:
    """The bytes themselves when they and `beside` more fit into a message, else where they lie."""
    return (raw, None) if len(raw) + beside <= INLINE_LIMIT else (None, blobs.put(raw))


def short_reason(reason: str) -> str:
    """A reason that fits into a message whatever it quotes."""
    return reason if len(reason) <= _REASON_LIMIT else f"{reason[:_REASON_LIMIT]}... ({len(reason)} characters)"
