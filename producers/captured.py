"""A frame between its capture and its delivery."""

from typing import NamedTuple

import msgspec

from schemas.records.frame import Exposure, Truth


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a captured image, apart from its bytes and number."""

    content_type: str  # media type
    captured_at_us: int  # wall clock at capture, Unix microseconds
    monotonic_ns: int  # the capturing process's monotonic clock, nanoseconds
    origin: str  # path or address, secrets masked
    width: int | None = None  # pixels
    height: int | None = None  # pixels
    part_id: str | None = None  # the part on the image
    product: str | None = None  # product being made
    exposure: Exposure | None = None  # how it was taken
    truth: Truth | None = None  # what is on it, when known


class Resume(NamedTuple):
    """Where a replayable source goes on after this capture."""

    source: str  # name of the source, the same at each start
    position: int | None  # of this capture in it; None when its file's path and sha256 tell
    path: str | None  # absolute path of the file, None when the position tells


class Captured(NamedTuple):
    """A frame as the spool takes it in."""

    image: bytes  # encoded
    sha256: str  # of `image`, 64 hex digits
    facts: Facts
    path: str | None = None  # file that holds exactly `image`: only referred to, not copied. None: the bytes are kept
    resume: Resume | None = None  # None from a live camera, whose frames exist only once


class Spooled(msgspec.Struct, frozen=True, gc=False):
    """A frame as the spool gives it out."""

    index: int  # contiguous, from 0, in order of capture; `sequence = base + index`
    sha256: str
    size: int  # bytes of the image
    facts: Facts
    path: str | None  # file to read the image from when `image` is None
    image: bytes | None
    fresh: bool  # captured by this very process, so its monotonic time can be compared


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something to tell Kafka beside frames: a broken image, or an alarm raised or cleared."""

    at_us: int  # Unix microseconds
    kind: str  # class of a dead letter's error, or the alarm's kind
    message: str  # reason in words
    origin: str | None = None  # file of a dead letter, None for alarms
    raw: bytes = b""  # a dead letter's bytes
    alarm_id: str | None = None  # None for dead letters
    raised: bool = True  # alarms: raised or cleared
    value: float | None = None  # alarms: figure
    bound: float | None = None  # alarms: its bound


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """What a spool knows for sure. One value, saved in one write with the frames it speaks of."""

    base: int | None = None  # sequence of index 0; None until the first contact with Kafka
    next_index: int = 0  # index of the next capture
    acknowledged: int = -1  # every frame up to this index was delivered, dropped or dead-lettered
    epoch: int = 0  # of the newest claim this spool's gateway wrote
    topic: str | None = None  # where its frames were sent last ...
    partition: int | None = None  # ...
    offset: int | None = None  # ... every frame not acknowledged lies at or behind it, if it is in Kafka at all
    dropped: int = 0  # frames dropped because the spool was full, ever
    alarm: str | None = None  # id of the alarm that is raised now

    def sequence(self, index: int) -> int:
        """The number of a frame; only once `base` is known."""
        if self.base is None:
            raise ValueError(f"frame {index} has no number before the first contact with Kafka")
        return self.base + index
