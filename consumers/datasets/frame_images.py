"""Finds an image by its sha256: in the blob store, else in Kafka where the frame lies; verified either way."""

import threading
from dataclasses import dataclass
from hashlib import sha256 as sha256_of
from types import TracebackType
from typing import Literal, Self

from confluent_kafka import Message

from consumers.datasets.errors import ImageMissingError
from consumers.datasets.frame_messages import FrameMessages
from consumers.datasets.framed_image import image_within
from infra.blobs import BlobCorruptError, BlobMissingError, BlobStore
from infra.kafka import TopicMissingError
from infra.schema_topic import make_codec
from infra.settings import Settings
from producers.errors import HeaderError
from producers.sources.headers import read_header
from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.records import ClaimCheck, Frame, FrameLocation

ImageSource = Literal["blob", "kafka"]
UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class FoundImage:
    """Encoded image bytes as captured; their sha256 is the one asked for."""

    data: bytes
    content_type: str  # media type by the bytes' own header
    source: ImageSource


class FrameImages:
    """Finds images; safe to share between threads. Close it, or use it in a `with` block."""

    def __init__(self, settings: Settings, blobs: BlobStore, codec: Codec | None = None) -> None:
        self._settings, self._blobs = settings, blobs
        self._codec = codec or make_codec(settings)
        self._idle: list[FrameMessages] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Nothing is opened before it is needed."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close the connections to Kafka."""
        with self._lock:
            idle, self._idle = self._idle, []
        for reader in idle:
            reader.close()

    def get(self, sha256: str, location: FrameLocation | None = None) -> FoundImage:
        """The image with these bytes: from the blob store, else from Kafka at `location`.

        Raises:
            ImageMissingError: neither has it; the message says where it was looked for.
            BlobError, BrokerAwayError: the blob store or Kafka does not answer, so nobody knows.
        """
        looked: list[str] = []
        data = stored_image(self._blobs, sha256, looked)
        source: ImageSource = "blob"
        if data is None and location is not None:
            data, source = self._from_kafka(sha256, location, looked), "kafka"
        if data is None:
            raise missing(sha256, looked)
        return FoundImage(data, content_type_of(data), source)

    def _from_kafka(self, sha256: str, location: FrameLocation, looked: list[str]) -> bytes | None:
        reader = self._taken()
        try:
            message = reader.one(location.topic, location.partition, location.offset)
        except TopicMissingError as error:
            looked.append(str(error))
            return None
        finally:
            with self._lock:
                self._idle.append(reader)
        if message is None:
            looked.append(f"{place_of(location)} is not in Kafka (any more)")
            return None
        return framed_image(message, sha256, self._codec, self._blobs, looked)

    def _taken(self) -> FrameMessages:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return FrameMessages(self._settings, read_ahead=False)


def stored_image(blobs: BlobStore, sha256: str, looked: list[str]) -> bytes | None:
    """The blob with this hash, verified, or None with the reason added to `looked`. Raises BlobError: no answer."""
    check = ClaimCheck(reference=f"sha256:{sha256}", sha256=sha256, size=0)  # its size is not known, its hash is
    try:
        data = b"".join(blobs.open_range(check, 0))
    except BlobMissingError as error:
        looked.append(str(error))
        return None
    if sha256_of(data).hexdigest() != sha256:
        looked.append(f"blob {check.reference} in {blobs.url} is damaged: {len(data)} bytes with another hash")
        return None
    return data


def framed_image(message: Message, sha256: str, codec: Codec, blobs: BlobStore, looked: list[str]) -> bytes | None:
    """The verified image of a frame's message, its claim check followed; None with the reason added to `looked`."""
    value = message.value()
    inside = image_within(value)
    if inside is not None and sha256_of(inside).hexdigest() == sha256:
        return bytes(inside)
    where = f"{message.topic()}[{message.partition()}]@{message.offset()}"
    try:
        frame = codec.decode(value, Frame)
        data = frame.image if frame.claim_check is None else blobs.get(frame.claim_check)
    except (DecodeError, BlobMissingError, BlobCorruptError) as error:
        looked.append(f"{where}: {error}")
        return None
    if data is None or sha256_of(data).hexdigest() != sha256:
        looked.append(f"{where} holds another image, of frame {frame.frame_id}")
        return None
    return data


def place_of(location: FrameLocation) -> str:
    """A location in words: `topic[partition]@offset`."""
    return f"{location.topic}[{location.partition}]@{location.offset}"


def missing(sha256: str, looked: list[str]) -> ImageMissingError:
    """The error for an image that was looked for in vain."""
    return ImageMissingError(f"image {sha256} is missing: {'; '.join(looked)}")


def content_type_of(data: bytes) -> str:
    """The media type by the first bytes; `application/octet-stream` when they are no known image."""
    try:
        return read_header(data).content_type
    except HeaderError:
        return UNKNOWN_TYPE
