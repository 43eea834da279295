"""Which split an image belongs to, for ever: by the hash of its group, and beside its near-twins.

The order of placing is the order in which images got their first label, so an image that comes later never moves one
that is placed. For each image in turn: when its part is placed already, it goes there; when near-twins of it are
placed, it goes to them; when neither is, the hash of its group decides. When they lie in different splits, the image is
left out with that reason: whatever split it took, a twin or its part would be on the other side.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from consumers.datasets.looks import TWIN_BITS, distances, unpack

Split = Literal["train", "validation", "test"]
SPLITS: Final[tuple[Split, ...]] = get_args(Split)
# Per cent of the groups; small factory sets need their test split large enough to say something.
VALIDATION_PER_CENT: Final = 15
TEST_PER_CENT: Final = 15


@dataclass(frozen=True, slots=True)
class Placeable:
    """What placing needs to know of an image; `bits` is its look, None when it has none."""

    sha256: str
    group: str  # part_id, else sha256
    bits: str | None


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an image went: split None means left out, for `reason`. `twin_of` is its nearest older near-twin."""

    split: Split | None
    twin_of: str | None = None
    reason: str | None = None


def split_of(group: str) -> Split:
    """The split of a group by its SHA-256: 70 % train, 15 % validation, 15 % test."""
    place = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") % 100
    if place < TEST_PER_CENT:
        return "test"
    return "validation" if place < TEST_PER_CENT + VALIDATION_PER_CENT else "train"


class Placer:
    """Places images one after the other; give it those with labels first, in the order of their first label."""

    def __init__(self) -> None:
        self._groups: dict[str, Split] = {}
        self._hashes: list[str] = []
        self._splits: list[Split] = []
        self._looks = np.empty((1024, 4), np.uint64)

    def place(self, image: Placeable) -> Placement:
        """The place of the next image."""
        twins = self._twins(image)
        known = {split for _, split in twins}
        group = self._groups.get(image.group)
        if group is not None:
            known.add(group)
        twin_of = twins[0][0] if twins else None
        if len(known) > 1:
            return Placement(None, twin_of, _straddling(twins, group))
        split = known.pop() if known else split_of(image.group)
        self._groups.setdefault(image.group, split)
        self._keep(image, split)
        return Placement(split, twin_of)

    def _twins(self, image: Placeable) -> list[tuple[str, Split]]:
        """Placed near-twins and their splits, the nearest first, the older first among equals."""
        if image.bits is None or not self._hashes:
            return []
        apart = distances(unpack(image.bits), self._looks[: len(self._hashes)])
        near = np.flatnonzero(apart <= TWIN_BITS)
        ordered = near[np.argsort(apart[near], kind="stable")]
        return [(self._hashes[row], self._splits[row]) for row in ordered]

    def _keep(self, image: Placeable, split: Split) -> None:
        if image.bits is None:
            return
        count = len(self._hashes)
        if count == len(self._looks):
            self._looks = np.concatenate([self._looks, np.empty_like(self._looks)])
        self._looks[count] = unpack(image.bits)
        self._hashes.append(image.sha256)
        self._splits.append(split)


def place_all(images: Iterable[Placeable]) -> dict[str, Placement]:
    """The place of each image by sha256; of a repeated sha256 the first counts."""
    placer = Placer()
    places: dict[str, Placement] = {}
    for image in images:
        if image.sha256 not in places:
            places[image.sha256] = placer.place(image)
    return places


def _straddling(twins: list[tuple[str, Split]], group: Split | None) -> str:
    sides = [f"near-twin {sha256[:12]} is in {split}" for sha256, split in twins]
    by_split = {side.rpartition(" ")[2]: side for side in reversed(sides)}
    if group is not None:
        by_split[group] = f"its part is in {group}"
    return "; ".join(by_split[split] for split in sorted(by_split))
