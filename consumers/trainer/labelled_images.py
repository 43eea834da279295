"""Labelled images in a folder: `images/` beside `annotations.jsonl`, and the split of each by the hash of its group.

A split is a function of the group (part_id, else group, else the image's own bytes), so it never moves when images
are added, and near-twins of one part never stand on both sides.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec

from consumers.trainer.errors import UsageError
from consumers.trainer.file_digest import hash_file

Split = Literal["train", "validation", "test"]
SPLITS: Final[tuple[Split, ...]] = get_args(Split)
ANNOTATIONS: Final = "annotations.jsonl"
# Per cent of the groups; small factory sets need their test split large enough to say something.
VALIDATION_PER_CENT: Final = 15
TEST_PER_CENT: Final = 15


class BoxLabel(msgspec.Struct, frozen=True):
    """A labelled rectangle in pixels of the image, origin top left."""

    label: str
    x: int
    y: int
    w: int
    h: int


class _Line(msgspec.Struct, frozen=True):
    """One line of annotations.jsonl; keys beyond these are allowed and not read."""

    file: str
    label: str
    boxes: tuple[BoxLabel, ...] = ()
    part_id: str | None = None
    group: str | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One image of a data set: where it lies, what a person said of it, its group, its split."""

    path: Path
    file: str
    label: str
    boxes: tuple[BoxLabel, ...]
    sha256: str
    group: str
    split: Split


@dataclass(frozen=True, slots=True)
class SkippedImage:
    """An image that was left out, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class LabelledImages:
    """A whole data set in the order of its annotations, and what was left out of it."""

    directory: Path
    images: tuple[LabelledImage, ...]
    skipped: tuple[SkippedImage, ...] = ()

    @property
    def manifest(self) -> str:
        """`sha256:<hex>` over image digests, labels, boxes and splits; the order of the files does not matter."""
        lines = sorted(
            f"{image.sha256}\0{image.label}\0{msgspec.json.encode(image.boxes).decode()}\0{image.split}\n"
            for image in self.images
        )
        return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"

    def of_split(self, split: Split) -> tuple[LabelledImage, ...]:
        """The images of one split."""
        return tuple(image for image in self.images if image.split == split)

    def labels(self) -> Counter[str]:
        """How many images carry each label."""
        return Counter(image.label for image in self.images)


def split_of(group: str) -> Split:
    """The split of a group by its SHA-256: 70 % train, 15 % validation, 15 % test, for ever."""
    place = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") % 100
    if place < TEST_PER_CENT:
        return "test"
    return "validation" if place < TEST_PER_CENT + VALIDATION_PER_CENT else "train"


def read_labelled_images(directory: Path) -> LabelledImages:
    """Read a data set folder.

    Images that are missing or leave the folder are listed in `skipped`. Raises UsageError when there is no folder, no
    annotations, a line that can't be read, or no image at all.
    """
    images: list[LabelledImage] = []
    skipped: list[SkippedImage] = []
    for line in _read_lines(directory):
        path = directory / line.file
        reason = _reason_to_skip(directory, path)
        if reason is None:
            images.append(_labelled(line, path))
        else:
            skipped.append(SkippedImage(line.file, reason))
    if not images:
        detail = f"; {len(skipped)} were skipped, {skipped[0].file}: {skipped[0].reason}" if skipped else ""
        raise UsageError(f"{directory} holds no labelled image{detail}")
    return LabelledImages(directory, tuple(images), tuple(skipped))


def _read_lines(directory: Path) -> Iterator[_Line]:
    if not directory.is_dir():
        raise UsageError(f"{directory} is not a folder; --images wants one with images/ and {ANNOTATIONS}")
    path = directory / ANNOTATIONS
    if not path.is_file():
        raise UsageError(f"{path} is missing; it names each image with its label, one JSON object a line")
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, start=1):
            if raw.strip():
                yield _decode(raw, path, number)


def _decode(raw: bytes, path: Path, number: int) -> _Line:
    try:
        return msgspec.json.decode(raw, type=_Line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}, line {number}: {error}") from error


def _reason_to_skip(directory: Path, path: Path) -> str | None:
    if not path.resolve().is_relative_to(directory.resolve()):
        return "it lies outside the data set's folder"
    return None if path.is_file() else "no such file"


def _labelled(line: _Line, path: Path) -> LabelledImage:
    sha256 = hash_file(path)
    group = line.part_id or line.group or sha256
    given = next((split for split in SPLITS if split == line.split), None)
    return LabelledImage(path, line.file, line.label, line.boxes, sha256, group, given or split_of(group))


def class_order(images: Iterable[LabelledImage], good: str) -> tuple[str, ...]:
    """The classes of a data set: good first, then the defects by name. Raises UsageError unless both are there."""
    labels = {image.label for image in images}
    if good not in labels:
        raise UsageError(
            f"no image is labelled {good!r} (labels: {sorted(labels)}); name the good class by --good-class"
        )
    if len(labels) < 2:
        raise UsageError(
            f"every image is labelled {good!r}; a classifier needs defective parts as well (try kind anomaly)"
        )
    return (good, *sorted(labels - {good}))
