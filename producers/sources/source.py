"""What a source is and what it yields."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from schemas.records.frame import Exposure, Truth


class Moment(NamedTuple):
    """When something was captured, by both clocks."""

    unix_us: int  # wall clock, Unix microseconds
    monotonic_ns: int  # this process's monotonic clock, nanoseconds


@dataclass(frozen=True, slots=True)
class Clock:
    """The two clocks of a capture; tests put their own in."""

    unix_us: Callable[[], int] = field(default=lambda: time.time_ns() // 1000)  # wall clock, Unix microseconds
    monotonic_ns: Callable[[], int] = field(default=time.monotonic_ns)  # nanoseconds, only differences mean something

    def now(self) -> Moment:
        """This moment by both clocks."""
        return Moment(self.unix_us(), self.monotonic_ns())


SYSTEM_CLOCK = Clock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One image as a camera or a file gave it, with what is known about it."""

    image: bytes  # encoded, exactly as stored or captured
    content_type: str  # media type: image/jpeg, image/png, image/bmp, image/tiff, image/webp, ...
    captured_at_us: int  # wall clock at capture, Unix microseconds
    monotonic_ns: int  # this process's monotonic clock at capture, nanoseconds
    origin: str  # path or address it came from, secrets masked
    whole_file: bool = False  # `image` is all of the file `origin`, so that nobody need keep a copy
    position: int | None = None  # index in a replayable source, from 0; None from a live camera
    width: int | None = None  # pixels as stored (EXIF orientation not applied), when the header says
    height: int | None = None  # pixels as stored
    part_id: str | None = None  # the part on the image, when the source knows it
    product: str | None = None  # product being made, when the source knows it
    exposure: Exposure | None = None  # how it was taken, when the source knows it
    truth: Truth | None = None  # what is on it, from simulators and annotated folders only


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenImage:
    """Something that stood where an image should: to be counted and dead-lettered, never published."""

    origin: str  # path it came from
    reason: str  # what is wrong, with the value that shows it
    raw: bytes  # the bytes, empty when they can't be read, only the first ones when the file is too large
    size: int | None  # bytes of the whole file, None when that can't be read either
    position: int  # index in its source, from 0


class Source(Protocol):
    """A sequence of images, from files that can be read again or from a camera that can't."""

    @property
    def description(self) -> str:
        """What this is, for people: kind and place, secrets masked."""
        ...

    @property
    def replayable(self) -> bool:
        """Whether `open(n)` yields the same items as `open(0)` from the n-th on."""
        ...

    def open(self, position: int = 0) -> Iterator[Capture | BrokenImage]:
        """Iterate from `position` (0-based) on; a live camera has only position 0.

        Ends at the end of the source or soon after `close()`. Raises SourceError when the whole source is unusable.
        """
        ...

    def close(self) -> None:
        """End every iteration soon and free the camera; callable from any thread, more than once."""
        ...
