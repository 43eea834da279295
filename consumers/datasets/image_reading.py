"""Reads many images at once: dense offsets as one stream, hashing beside it, the blob store for what Kafka lost."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from confluent_kafka import Message

from consumers.datasets.errors import ImageMissingError
from consumers.datasets.frame_images import (
    FoundImage,
    content_type_of,
    framed_image,
    missing,
    place_of,
    stored_image,
)
from consumers.datasets.frame_messages import FrameMessages
from infra.blobs import BlobStore
from infra.kafka import TopicMissingError
from infra.schema_topic import make_codec
from infra.settings import Settings
from schemas.codec import Codec
from schemas.records import FrameLocation

T = TypeVar("T")
R = TypeVar("R")
# Hashing and disks release the interpreter; a second thread is what a small machine can use beside the consumer.
THREADS: Final = 2
_AHEAD: Final = 16  # images in flight; at 900 kB each they are 15 MB
# Messages are handed to the pool in groups, as each hand-over wakes two threads.
_GROUP: Final = 16
_GROUPS_AHEAD: Final = 4  # groups in flight; at 900 kB an image they are 58 MB


@dataclass(frozen=True, slots=True)
class Wanted:
    """An image by its hash, and where its frame lay, if it was one. `ref` is the caller's own and handed back."""

    sha256: str
    location: FrameLocation | None = None
    ref: object = None


Outcome = FoundImage | ImageMissingError


def read_images(
    settings: Settings, blobs: BlobStore, wanted: Iterable[Wanted], codec: Codec | None = None
) -> Iterator[tuple[Wanted, Outcome]]:
    """Each wanted image, verified, or why it is missing: from Kafka while there, else from the blob store.

    They come in the order of their offsets, those from the blob store last; memory stays bounded whatever their number.

    Raises:
        BlobError, BrokerAwayError: the blob store or Kafka does not answer, so nobody knows what is missing.
    """
    codec = codec or make_codec(settings)
    looked: dict[int, list[str]] = defaultdict(list)
    rest: list[Wanted] = []
    placed: dict[tuple[str, int], list[Wanted]] = defaultdict(list)
    for each in wanted:
        if each.location is None:
            rest.append(each)
        else:
            placed[each.location.topic, each.location.partition].append(each)
    with ThreadPoolExecutor(THREADS, "datasets-images") as pool:
        for one, found in _from_kafka(settings, blobs, codec, placed, pool, looked):
            if found is None:
                rest.append(one)
            else:
                yield one, found
        yield from ahead(pool, lambda one: _from_blobs(blobs, one, looked[id(one)]), rest)


def _from_kafka(
    settings: Settings,
    blobs: BlobStore,
    codec: Codec,
    placed: dict[tuple[str, int], list[Wanted]],
    pool: ThreadPoolExecutor,
    looked: dict[int, list[str]],
) -> Iterator[tuple[Wanted, FoundImage | None]]:
    if not placed:
        return
    reader = FrameMessages(settings)
    try:
        for (topic, partition), ones in sorted(placed.items()):
            at: dict[int, list[Wanted]] = defaultdict(list)
            for one in ones:
                at[one.location.offset if one.location else 0].append(one)
            groups = (
                [(one, message) for message in messages for one in at.pop(message.offset() or 0, ())]
                for messages in _messages(reader, topic, partition, sorted(at))
            )
            for opened in ahead(pool, lambda group: _opened(group, codec, blobs, looked), groups, _GROUPS_AHEAD):
                yield from opened
            for one in (one for waiting in at.values() for one in waiting):
                if one.location is not None:
                    looked[id(one)].append(f"{place_of(one.location)} is not in Kafka (any more)")
                yield one, None
    finally:
        reader.close()


def _messages(reader: FrameMessages, topic: str, partition: int, offsets: list[int]) -> Iterator[list[Message]]:
    try:
        span = reader.span(topic, partition)
    except TopicMissingError:
        return
    yield from reader.some(topic, partition, [offset for offset in offsets if span.low <= offset < span.high], _GROUP)


def _opened(
    group: list[tuple[Wanted, Message]], codec: Codec, blobs: BlobStore, looked: dict[int, list[str]]
) -> list[tuple[Wanted, FoundImage | None]]:
    opened: list[tuple[Wanted, FoundImage | None]] = []
    for one, message in group:
        data = framed_image(message, one.sha256, codec, blobs, looked[id(one)])
        opened.append((one, None if data is None else FoundImage(data, content_type_of(data), "kafka")))
    return opened


def _from_blobs(blobs: BlobStore, one: Wanted, looked: list[str]) -> tuple[Wanted, Outcome]:
    data = stored_image(blobs, one.sha256, looked)
    if data is None:
        return one, missing(one.sha256, looked)
    return one, FoundImage(data, content_type_of(data), "blob")


def ahead(pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T], depth: int = _AHEAD) -> Iterator[R]:
    """`work` of each item, in their order, a bounded number of them under way in the pool."""
    pending: deque[Future[R]] = deque()
    try:
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) >= depth:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()


def unreachable(settings: Settings, blobs: BlobStore, wanted: Iterable[Wanted]) -> list[tuple[Wanted, str]]:
    """Those whose offset is gone and whose blob is not there, and why: known without reading an image.

    Raises BlobError, BrokerAwayError when blob store or Kafka do not answer.
    """
    reader = FrameMessages(settings)
    spans: dict[tuple[str, int], range] = {}
    try:
        found = []
        for one in wanted:
            place = one.location
            if place is not None:
                key = place.topic, place.partition
                if key not in spans:
                    spans[key] = _offsets(reader, *key)
                if place.offset in spans[key]:
                    continue
            if not blobs.has(one.sha256):
                where = "" if place is None else f"{place_of(place)} is not in Kafka (any more); "
                found.append((one, f"image {one.sha256}: {where}not in the blob store {blobs.url}"))
        return found
    finally:
        reader.close()


def _offsets(reader: FrameMessages, topic: str, partition: int) -> range:
    try:
        span = reader.span(topic, partition)
    except TopicMissingError:
        return range(0)
    return range(span.low, span.high)
