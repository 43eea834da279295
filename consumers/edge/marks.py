"""High-water marks: how far each camera of a partition has come, to tell new frames from repeated ones.

A camera's frames arrive in order of sequence (DESIGN 3), so one number per camera is enough. The marks travel in the
metadata of the offset commit: whoever takes the partition over knows what has been inspected.
"""

import json
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

METADATA_LIMIT: Final = 4096
"""Bytes of metadata a broker takes with a commit (offset.metadata.max.bytes, left at its default)."""
REMEMBERED: Final = 256
"""Hashes kept per camera: more than any gateway has in flight when it starts again."""

logger = logging.getLogger(__name__)

Standing = Literal["new", "duplicate", "conflict", "stale"]


@dataclass(frozen=True, slots=True)
class Mark:
    """The last frame of a camera that counts as seen."""

    epoch: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a frame is to its camera's mark; `missing` frames were skipped before a new one.

    `duplicate`: seen already. `conflict`: seen already, with other bytes. `stale`: from a gateway that was fenced.
    """

    standing: Standing
    missing: int = 0


class CameraMarks:
    """The marks of one partition's cameras as frames arrive. Not safe across threads."""

    def __init__(self, marks: Mapping[str, Mark] | None = None) -> None:
        self._marks = dict(marks or {})
        self._hashes: dict[str, OrderedDict[int, str]] = {}

    @property
    def cameras(self) -> tuple[str, ...]:
        """Every camera ever seen in this partition, sorted."""
        return tuple(sorted(self._marks))

    def arrive(self, camera_id: str, epoch: int, sequence: int, sha256: str) -> Arrival:
        """Judge a frame and, when it is new, move its camera's mark to it."""
        mark = self._marks.get(camera_id)
        if mark is not None and sequence <= mark.sequence:
            known = self._hashes.get(camera_id, OrderedDict[int, str]()).get(sequence, sha256)
            return Arrival("duplicate" if known == sha256 else "conflict")
        if mark is not None and epoch < mark.epoch:
            return Arrival("stale")
        self._marks[camera_id] = Mark(epoch, sequence)
        self._remember(camera_id, sequence, sha256)
        return Arrival("new", 0 if mark is None else sequence - mark.sequence - 1)

    def _remember(self, camera_id: str, sequence: int, sha256: str) -> None:
        hashes = self._hashes.setdefault(camera_id, OrderedDict())
        hashes[sequence] = sha256
        if len(hashes) > REMEMBERED:
            hashes.popitem(last=False)


def encode_marks(marks: Mapping[str, Mark]) -> str:
    """The marks as commit metadata, at most METADATA_LIMIT bytes.

    When they do not fit (some 150 cameras in one partition), the first ones of the mapping are left out: give the
    cameras in the order of their last frame. A successor then inspects their uncommitted frames again, and readers
    of `inspections` drop the repeats.
    """
    kept = list(marks.items())
    while kept:
        text = json.dumps({camera: [mark.epoch, mark.sequence] for camera, mark in kept}, separators=(",", ":"))
        excess = len(text.encode()) - METADATA_LIMIT
        if excess <= 0:
            return text
        # An entry takes at most 63 + 2 x 19 + 8 bytes, so this never drops many more than it must.
        kept = kept[-(-excess // 109) :]
    return ""


def decode_marks(metadata: str | None) -> dict[str, Mark]:
    """The marks of a commit; none for metadata that is empty or not ours, as after a reset by Kafka's own tools."""
    if not metadata:
        return {}
    try:
        return {str(camera): Mark(int(epoch), int(sequence)) for camera, (epoch, sequence) in _object(metadata)}
    except (ValueError, TypeError) as error:
        logger.warning(
            "commit metadata %.80r is not ours (%s): repeated frames will be inspected again", metadata, error
        )
        return {}


def _object(metadata: str) -> list[tuple[str, tuple[int, int]]]:
    content = json.loads(metadata)
    if not isinstance(content, dict):
        raise TypeError("not a JSON object")
    return list(content.items())
