"""A decoded picture and the geometry between it and a network's input."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def as_pixels(array: NDArray[Any]) -> Pixels:
    """Give an array that OpenCV returned its true type: OpenCV's own annotations cannot tell uint8 from the rest."""
    return cast("Pixels", array)


@dataclass(frozen=True, slots=True)
class Picture:
    """Decoded pixels, uint8, (rows, columns, 3) in BGR or (rows, columns) grey.

    `width` and `height` are those of the image as captured; the pixels may be fewer by `reduction` (1, 2, 4 or 8).
    """

    pixels: Pixels
    width: int
    height: int
    reduction: int = 1

    @staticmethod
    def of(pixels: Pixels) -> "Picture":
        """Wrap pixels that were not decoded from a file (a video frame, a drawing)."""
        return Picture(pixels=pixels, width=int(pixels.shape[1]), height=int(pixels.shape[0]))


@dataclass(frozen=True, slots=True)
class PixelRegion:
    """A rectangle in pixels of the image as captured, origin top left."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Geometry:
    """Maps the network's input to the image as captured: captured = (input - offset) / scale + origin, per axis."""

    scale_x: float
    scale_y: float
    offset_x: float
    offset_y: float
    origin_x: float
    origin_y: float
    width: int
    height: int

    def to_captured(self, x: float, y: float, width: float, height: float) -> tuple[int, int, int, int]:
        """Map a box (input pixels) to integer pixels of the image as captured, clipped to it, at least 1 x 1."""
        left = (x - self.offset_x) / self.scale_x + self.origin_x
        top = (y - self.offset_y) / self.scale_y + self.origin_y
        right = left + width / self.scale_x
        bottom = top + height / self.scale_y
        x0 = min(max(round(left), 0), self.width - 1)
        y0 = min(max(round(top), 0), self.height - 1)
        x1 = min(max(round(right), x0 + 1), self.width)
        y1 = min(max(round(bottom), y0 + 1), self.height)
        return x0, y0, x1 - x0, y1 - y0
