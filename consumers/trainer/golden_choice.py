"""Which images go into a model's golden set: a few of each class, judged with a margin, small enough to travel."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consumers.trainer.labelled_images import LabelledImage
from consumers.trainer.metrics import Indices
from consumers.trainer.packaging import MAXIMUM_GOLDEN_BYTES, GoldenPicture

GOLDEN_IMAGES: Final = 12
# An image whose two best classes lie closer may be called otherwise by another processor's rounding.
SMALLEST_MARGIN: Final = 0.2


def choose_golden(
    images: Sequence[LabelledImage], probabilities: NDArray[np.float64], wanted: int = GOLDEN_IMAGES
) -> tuple[GoldenPicture, ...]:
    """Up to `wanted` pictures, taken in turn from each predicted class, in the order of their digests.

    `probabilities` (n, classes) are the model's. Images judged without a margin are used only when there are no others.
    """
    two_best = np.sort(probabilities, axis=1)[:, -2:]
    clear = two_best[:, -1] - two_best[:, 0] >= SMALLEST_MARGIN
    order = sorted(range(len(images)), key=lambda row: (not clear[row], images[row].sha256))
    turns = _in_turn(np.array(order, np.int64), probabilities.argmax(axis=1))
    return tuple(_picture(images[row]) for row in turns if _fits(images[row]))[:wanted]


def _in_turn(order: Indices, classes: Indices) -> list[int]:
    """The rows of each class one after the other: the first of every class, then the second of every class."""
    place: dict[int, int] = {}
    keys: list[tuple[int, int, int]] = []
    for row in order.tolist():
        group = int(classes[row])
        place[group] = place.get(group, -1) + 1
        keys.append((place[group], group, row))
    return [row for _, _, row in sorted(keys)]


def _fits(image: LabelledImage) -> bool:
    return image.path.stat().st_size <= MAXIMUM_GOLDEN_BYTES


def _picture(image: LabelledImage) -> GoldenPicture:
    return GoldenPicture(image.path.read_bytes(), image.path.suffix.lower())
