"""An image with its label, as every label format is read and written; and the one rule of whole-pixel boxes.

Canonical boxes are whole pixels with the origin at the top left corner of the top left pixel: a box covers the pixels
x to x + w - 1 and y to y + h - 1. Reading a format with fractions rounds both edges of a box to the nearest whole
pixel, so what was written from whole pixels comes back the same.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from consumers.datasets.errors import LabelFileError
from schemas.records import Box

GOOD: Final = "good"
# Tools that count from one, or round outwards, place an edge up to a pixel outside of the image.
_TOLERANCE: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedImage:
    """One image of a label file. `width` and `height` are 0 when the file does not say them."""

    file: str  # path with slashes, below the folder of the annotations or of the images
    label: str | None  # class of the whole image, null when the file has none
    boxes: tuple[Box, ...] = ()
    width: int = 0
    height: int = 0
    where: str = ""  # file and line it was read from
    sha256: str | None = None
    frame_id: str | None = None
    captured_at_us: int | None = None
    part_id: str | None = None
    product: str | None = None
    labeler: str | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that can't be read, where it stands, and why."""

    where: str
    reason: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.where}: {self.reason}"


class BadRowError(LabelFileError):
    """A row of a label file says something impossible; it is listed and the rest goes on."""


def whole_box(label: str, left: float, top: float, right: float, bottom: float, width: int, height: int) -> Box:
    """The whole-pixel box with these edges on an image of this size; BadRowError for one that can't be on it.

    >>> whole_box("dent", 0.4, 1.6, 10.2, 20.0, 10, 20)
    Box(label='dent', x=0, y=2, w=10, h=18, score=None)
    """
    if not all(map(math.isfinite, (left, top, right, bottom))):
        raise BadRowError(f"box {label!r} has edges that are no numbers: {left}, {top}, {right}, {bottom}")
    if not label:
        raise BadRowError("a box has no class")
    x, right = _within(round(left), round(right), width, label, "columns")
    y, bottom = _within(round(top), round(bottom), height, label, "rows")
    return Box(label=label, x=x, y=y, w=int(right) - x, h=int(bottom) - y)


def _within(first: int, end: int, length: int, label: str, what: str) -> tuple[int, int]:
    if first < -_TOLERANCE or end > length + _TOLERANCE:
        raise BadRowError(f"box {label!r} covers {what} {first} to {end} of an image with {length}")
    first, end = max(first, 0), min(end, length)
    if end <= first:
        raise BadRowError(f"box {label!r} is empty: {what} {first} to {end}")
    return first, end


def label_of_boxes(boxes: Iterable[Box], good: str = GOOD) -> str:
    """The class of an image whose file only has boxes: `good` without any, else the most frequent, the first by name.

    >>> label_of_boxes([])
    'good'
    """
    counts = Counter(box.label for box in boxes)
    return min(counts, key=lambda label: (-counts[label], label)) if counts else good


def stem_of(file: str) -> str:
    """A file's path without its suffix and without the folder of images: what YOLO and VOC name label files by."""
    inner = file.split("/", 1)[1] if file.startswith(("images/", "JPEGImages/")) else file
    return inner.rsplit(".", 1)[0] if "." in inner.rsplit("/", 1)[-1] else inner


def refuse_twice(files: Iterable[str]) -> None:
    """LabelFileError when two images would share a label file, such as a.jpg and a.png."""
    seen: dict[str, str] = {}
    for file in files:
        if other := seen.get(stem_of(file)):
            raise LabelFileError(f"{other} and {file} would share one label file in this format: rename one of them")
        seen[stem_of(file)] = file


def known_size(image: AnnotatedImage) -> tuple[int, int]:
    """Width and height; LabelFileError when they are not known, as boxes could not be scaled."""
    if image.width < 1 or image.height < 1:
        raise LabelFileError(f"the size of {image.file} is not known: its boxes can't be written in this format")
    return image.width, image.height
