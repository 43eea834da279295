"""Everything that may name a blob, as raw bytes: whoever collects garbage must see all of it (decision 0017).

Digests are looked for in the bytes themselves, not in decoded fields: Avro and JSON write the 64 hex digits as they
are, so no field, no record of a newer schema and no damaged one can be overlooked. What merely looks like a digest
keeps a blob for nothing, which harms nobody.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Message

from consumers.archive.errors import CollectionRefusedError
from consumers.archive.pinning import ROOT as PINS
from consumers.archive.whole_topics import read_whole
from infra.blobs import BlobError, BlobMissingError, BlobStore
from infra.kafka import BrokerAwayError, make_admin
from infra.schema_topic import make_codec
from infra.settings import Settings
from infra.topics import known_edges
from schemas.errors import SchemasError
from schemas.records import Dataset
from schemas.topics import (
    ALARMS,
    AUDIT,
    CAMERAS,
    DATASETS,
    DEAD_LETTERS,
    DESIRED,
    EDGE_POLICIES,
    EDGE_REPORTED,
    EDGE_STATISTICS,
    FRAMES,
    INSPECTIONS,
    LABELING_REQUESTS,
    LABELING_TASKS,
    LABELS,
    MODELS,
    ROLLOUT_COMMANDS,
    ROLLOUTS,
    SCHEMAS,
    TICKS,
    TRAINING_JOBS,
    TRAINING_PROGRESS,
    Topic,
)

REFERRING: Final = (
    LABELING_TASKS,
    LABELING_REQUESTS,
    LABELS,
    DATASETS,
    MODELS,
    ROLLOUT_COMMANDS,
    ROLLOUTS,
    DEAD_LETTERS,
    TRAINING_JOBS,
    FRAMES,
    DESIRED,
)
"""Topics whose records keep blobs alive."""

NOT_REFERRING: Final[dict[str, str]] = {
    INSPECTIONS.name: "name the frame they judged; its image is kept by Kafka's retention or by a task, not by them",
    CAMERAS.name: "numbers only",
    TRAINING_PROGRESS.name: "names models, which `models` holds",
    EDGE_REPORTED.name: "names models that run, which `models` and `desired` hold",
    EDGE_POLICIES.name: "settings of people",
    EDGE_STATISTICS.name: "numbers only",
    ALARMS.name: "words for people",
    TICKS.name: "time only",
    AUDIT.name: "tells what was, for ever; it must not keep it for ever",
    SCHEMAS.name: "schemas only",
}
"""The others, and why not. A test holds that every topic is in one of the two."""

_RUN: Final = re.compile(rb"[0-9a-f]{64,}")
_LENGTH: Final = 64


def digests_in(data: bytes) -> Iterator[str]:
    """Everything in the bytes that could be a digest, also inside longer runs of hex digits.

    >>> list(digests_in(b'{"sha256": "' + b"0" * 64 + b'"}')) == ["0" * 64]
    True
    """
    for match in _RUN.finditer(data):
        run = match[0]
        for start in range(len(run) - _LENGTH + 1):
            yield run[start : start + _LENGTH].decode()


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes that may name blobs, and where they are from."""

    place: str
    data: bytes


class References:
    """Reads every reference of a plant. Use: iterate over `pieces` once."""

    def __init__(
        self,
        settings: Settings,
        blobs: BlobStore,
        lost: Collection[str] = (),
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`lost`: manifests (sha256) known to be gone, whose images nobody protects any more."""
        self._settings, self._blobs = settings, blobs
        self._lost, self._tell = frozenset(lost), tell
        self._codec = make_codec(settings)

    def pieces(self) -> Iterator[Piece]:
        """Everything that refers, to its end.

        Raises CollectionRefusedError when anything can't be read whole: then not all references are known.
        """
        yield from self._pins()
        try:
            edges = known_edges(make_admin(self._settings))
            for topic in REFERRING:
                for name in [topic.of(edge) for edge in edges] if topic.per_edge else [topic.name]:
                    yield from self._topic(topic, name)
        except BrokerAwayError as error:
            raise CollectionRefusedError(f"not all references can be read, so nothing is collected: {error}") from error

    def _topic(self, topic: Topic, name: str) -> Iterator[Piece]:
        self._tell(name)
        for partition in range(topic.partitions):
            for message in read_whole(self._settings, name, partition):
                yield from self._message(topic, message)

    def _message(self, topic: Topic, message: Message) -> Iterator[Piece]:
        place = f"{message.topic()}[{message.partition()}]@{message.offset()}"
        yield Piece(place, message.key() or b"")
        yield Piece(place, message.value() or b"")
        if topic is DATASETS and message.value() is not None:
            yield from self._manifest(place, message.value())

    def _manifest(self, place: str, value: bytes | None) -> Iterator[Piece]:
        try:
            dataset = self._codec.decode(value, Dataset)
        except SchemasError as error:
            raise CollectionRefusedError(
                f"{place} can't be read ({error}), so the images of its dataset are unknown: nothing is collected"
            ) from error
        if dataset.manifest.sha256 in self._lost:
            return
        try:
            yield from overlapping(place, self._blobs.open_range(dataset.manifest, 0))
        except BlobMissingError as error:
            raise CollectionRefusedError(
                f"the manifest of dataset {dataset.key} is gone ({error}): restore it from a copy, or give its images "
                f"up by --accept-lost {dataset.manifest.sha256}; nothing is collected"
            ) from error
        except BlobError as error:
            raise CollectionRefusedError(f"the manifest of dataset {dataset.key} can't be read: {error}") from error

    def _pins(self) -> Iterator[Piece]:
        self._tell("pins")
        try:
            for stat in self._blobs.list_files(PINS):
                yield from overlapping(stat.path, self._blobs.read_file(stat.path))
        except (BlobError, FileNotFoundError) as error:
            raise CollectionRefusedError(f"pins can't all be read, so nothing is collected: {error}") from error


def overlapping(place: str, chunks: Iterator[bytes]) -> Iterator[Piece]:
    """Chunks of one file as pieces, each beginning with the end of the one before: no digest falls between two."""
    tail = b""
    for chunk in chunks:
        data = tail + chunk
        yield Piece(place, data)
        tail = data[-(_LENGTH - 1) :]
