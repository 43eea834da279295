"""What the drain needs of Kafka: a claim on one camera, and frames in, all or nothing."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from producers.captured import Ledger
from producers.errors import ProducersError
from producers.numbering import KafkaView
from schemas.headers import HeaderPairs
from schemas.records import CameraClaim


class LinkError(ProducersError):
    """Kafka did not take something: everything since the last commit is to be sent again over a new link."""


class LinkFencedError(LinkError):
    """The broker refused this link because a newer one exists, or because its transaction took too long."""


class LinkTooLargeError(LinkError):
    """The broker takes no message of this size: images have to be passed by claim check from there on."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the broker takes no message of {size} bytes (max.message.bytes)")
        self.size = size


class Outgoing(NamedTuple):
    """One message on its way into Kafka."""

    topic: str
    key: bytes
    value: bytes
    headers: HeaderPairs
    timestamp_ms: int  # Unix milliseconds
    partition: int = -1  # -1: by the key's hash

    @property
    def size(self) -> int:
        return len(self.value)


class Link(Protocol):
    """One connection that numbers one camera; opening it shuts out every older one. For one thread."""

    @property
    def topic(self) -> str:
        """Where the camera's frames go ..."""
        ...

    @property
    def partition(self) -> int:
        """... and in which partition they lie."""
        ...

    def look(self, ledger: Ledger, claim: CameraClaim | None, hashes: Iterable[tuple[int, str]]) -> KafkaView:
        """What Kafka holds of the camera, as far as the spool (`ledger`, `hashes`) can't know it."""
        ...

    def end_offset(self) -> int:
        """The offset behind the last record of the camera's partition now."""
        ...

    def send(self, message: Outgoing) -> None:
        """Put a message into the open transaction, opening one if there is none; waits while the queue is full."""
        ...

    def commit(self) -> int | None:
        """Make what was sent count, all of it; returns the offset behind its last frame, None without frames."""
        ...

    def close(self) -> None:
        """Give up what was not committed and disconnect; never raises."""
        ...


OpenLink = Callable[[], Link]
