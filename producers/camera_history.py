"""What Kafka holds of a camera: its newest claim, and frames newer than what claim and spool know."""

import time
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from infra.kafka import ANSWER_TIMEOUT, BrokerAwayError, checked_message, make_consumer
from infra.settings import Settings
from producers.captured import Ledger
from producers.numbering import KafkaView, Seen
from schemas.codec import Codec
from schemas.errors import DecodeError, InvalidIdentifierError
from schemas.headers import read_headers
from schemas.identifiers import parse_frame_id
from schemas.records import CameraClaim, Frame
from schemas.topics import CAMERAS

# A gateway renews its claim after so many frames or bytes, so the next one need not read more than about that.
CLAIM_EVERY_FRAMES: Final = 5_000
CLAIM_EVERY_BYTES: Final = 256 * 2**20
TRANSACTION_FRAMES: Final = 4_000  # at most, in one transaction
_EXPIRED_FRAMES: Final = CLAIM_EVERY_FRAMES + 2 * TRANSACTION_FRAMES  # the most that can follow a claim unseen
# Another camera's transaction may hold committed records back until the broker gives up on it: 60 s, and a margin.
_SETTLED_S: Final = 75.0
_SILENCE_S: Final = 20.0  # without a record or an end, the broker counts as away
_GROUP: Final = "linewatch.gateway"


class _Place(NamedTuple):
    topic: str
    partition: int


class _Own(NamedTuple):
    """A frame in Kafka that may be the spool's."""

    sha256: str
    place: _Place
    offset: int


def newest_claim(settings: Settings, codec: Codec, camera_id: str) -> CameraClaim | None:
    """The newest claim on the camera; None when there never was one. Raises BrokerAwayError, KafkaException."""
    newest = None
    key = camera_id.encode()
    for message in _read(settings, _Place(CAMERAS.name, 0), 0):
        if message.key() == key and message.value() is not None:
            newest = codec.decode(message.value(), CameraClaim)
    return newest


def look(
    settings: Settings,
    codec: Codec,
    camera_id: str,
    ledger: Ledger,
    claim: CameraClaim | None,
    hashes: Iterable[tuple[int, str]],
) -> KafkaView:
    """Read on from where claim and spool stop. Raises BrokerAwayError, KafkaException."""
    mine = claim is not None and claim.epoch == ledger.epoch and ledger.base is not None
    last = -1 if ledger.base is None else ledger.sequence(ledger.acknowledged)
    if claim is not None and not mine:
        last = max(last, _last_claimed(settings, claim))
    wanted = {} if ledger.base is None else {ledger.sequence(index): sha256 for index, sha256 in hashes}
    found: dict[int, list[_Own]] = {}
    for place, start in _spans(ledger, claim, mine=mine):
        for message in _read(settings, place, start):
            sequence = _sequence(message, camera_id)
            last = max(last, sequence)
            if sequence in wanted:
                found.setdefault(sequence, []).append(_own(message, codec, place))
    return KafkaView(last_sequence=last, frames=_seen(settings, found, wanted))


def end_offset(settings: Settings, topic: str, partition: int) -> int:
    """The offset behind the last record. Raises KafkaException."""
    consumer = _consumer(settings)
    try:
        _, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=ANSWER_TIMEOUT)
        return int(high)
    finally:
        consumer.close()


def _spans(ledger: Ledger, claim: CameraClaim | None, *, mine: bool) -> list[tuple[_Place, int]]:
    """Which partitions to read from which offset: the spool's, and, unless the claim is its own, the claim's."""
    spans: dict[_Place, int] = {}
    if ledger.topic is not None and ledger.partition is not None and ledger.offset is not None:
        spans[_Place(ledger.topic, ledger.partition)] = ledger.offset
    if claim is not None and not mine:
        place = _Place(claim.topic, claim.partition)
        spans[place] = min(spans.get(place, claim.offset), claim.offset)
    return list(spans.items())


def _last_claimed(settings: Settings, claim: CameraClaim) -> int:
    """The last number of a claim; when what followed it has expired, the last one that can have been used."""
    consumer = _consumer(settings)
    try:
        low, _ = consumer.get_watermark_offsets(TopicPartition(claim.topic, claim.partition), timeout=ANSWER_TIMEOUT)
    finally:
        consumer.close()
    return claim.last_sequence + (_EXPIRED_FRAMES if low > claim.offset else 0)


def _sequence(message: Message, camera_id: str) -> int:
    """The number of a frame of this camera, -1 for anything else; the header spares decoding the image."""
    if message.key() != camera_id.encode():
        return -1
    try:
        _, sequence = parse_frame_id(read_headers(message.headers()).get("ce_id", b"").decode())
    except (InvalidIdentifierError, UnicodeDecodeError):
        return -1
    return sequence


def _own(message: Message, codec: Codec, place: _Place) -> _Own:
    try:
        sha256 = codec.decode(message.value(), Frame).sha256
    except DecodeError:
        sha256 = ""
    return _Own(sha256, place, message.offset() or 0)


def _seen(settings: Settings, found: dict[int, list[_Own]], wanted: dict[int, str]) -> dict[int, Seen]:
    """Which of the frames found are committed. The same frame may lie there twice, once aborted and once committed."""
    committed: set[tuple[_Place, int]] = set()
    for place in {own.place for copies in found.values() for own in copies}:
        offsets = [own.offset for copies in found.values() for own in copies if own.place == place]
        committed |= {(place, offset) for offset in _committed(settings, place, min(offsets), max(offsets))}
    seen = {}
    for sequence, copies in found.items():
        ours = [own for own in copies if own.sha256 == wanted[sequence]]
        if ours:
            settled = any((own.place, own.offset) in committed for own in ours)
            seen[sequence] = Seen(ours[0].sha256, settled)
        else:
            seen[sequence] = Seen(copies[0].sha256, committed=True)
    return seen


def _committed(settings: Settings, place: _Place, first: int, last: int) -> set[int]:
    """Offsets of committed records between `first` and `last`; waits until the broker knows of all of them."""
    consumer = _consumer(settings, "read_committed")
    try:
        deadline = time.monotonic() + _SETTLED_S
        partition = TopicPartition(place.topic, place.partition)
        # For a reader of committed records, the high watermark is the last stable offset (KIP-98).
        while consumer.get_watermark_offsets(partition, timeout=ANSWER_TIMEOUT)[1] <= last:
            if time.monotonic() > deadline:
                raise BrokerAwayError(f"{place.topic}[{place.partition}]: a transaction has been open for too long")
            consumer.poll(0.1)
        return {message.offset() or 0 for message in _messages(consumer, place, first, last + 1)}
    finally:
        consumer.close()


def _consumer(settings: Settings, isolation: str = "read_uncommitted") -> Consumer:
    return make_consumer(settings, _GROUP, enable_partition_eof=True, log_level=0, isolation_level=isolation)


def _read(settings: Settings, place: _Place, start: int) -> Iterator[Message]:
    """Every record from `start` on, aborted ones too, up to the end as it was at the call."""
    consumer = _consumer(settings)
    try:
        partition = TopicPartition(place.topic, place.partition)
        low, high = consumer.get_watermark_offsets(partition, timeout=ANSWER_TIMEOUT)
        yield from _messages(consumer, place, max(start, low), high)
    finally:
        consumer.close()


def _messages(consumer: Consumer, place: _Place, first: int, end: int) -> Iterator[Message]:
    consumer.assign([TopicPartition(place.topic, place.partition, first)])
    heard = time.monotonic()
    while first < end:
        messages = consumer.consume(20, 0.2)  # a few at a time: they may be images of 900 kB
        if messages:
            heard = time.monotonic()
        elif heard + _SILENCE_S < time.monotonic():
            raise BrokerAwayError(f"reading {place.topic}[{place.partition}] up to offset {end}: no answer")
        for message in messages:
            # Transaction markers take offsets that no message has: only the broker's word tells that this is the end.
            if _is_end(message) or (message.offset() or 0) >= end:
                return
            if (good := checked_message(message)) is not None:
                yield good


def _is_end(message: Message) -> bool:
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF
