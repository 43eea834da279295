"""From boxes to the classes of a grid of places: what a network that looks at places is taught."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from consumers.trainer.metrics import Indices

Grid = tuple[int, int]
"""Rows and columns of places; (0, 0) when none are wanted."""
UNKNOWN: Final = -1
# A place belongs to a box that covers this share of it, or this share of the box where the box is the smaller.
COVERED: Final = 0.25
_FINE: Final = 8  # each place is drawn with 8 x 8 points


def place_targets(
    corners: NDArray[np.float64], classes: Indices, size: tuple[int, int], grid: Grid
) -> NDArray[np.int8]:
    """The class of each place, int8 (rows, columns): 0 good, a defect's where its box lies, -1 at a box's rim.

    `corners` (n, 4, 2) x, y in pixels of a picture of `size` (height, width); `classes` (n,) of the boxes, 0 counts as
    good. Where boxes overlap the later one wins.
    """
    rows, columns = grid
    targets = np.zeros(grid, np.int8)
    if not rows * columns:
        return targets
    scale = np.array([columns / size[1], rows / size[0]]) * _FINE
    for polygon, label in zip(corners, classes, strict=True):
        share = _coverage(polygon * scale, rows, columns)
        area = float(share.sum())
        if label > 0 and area > 0:
            targets[(share > 0) & (targets == 0)] = UNKNOWN
            targets[share >= COVERED * min(1.0, area)] = label
    return targets


def _coverage(polygon: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.float32]:
    """The share (0..1) of each place that a polygon covers."""
    plane = np.zeros((rows * _FINE, columns * _FINE), np.float32)
    # Points have their centres at halves and fillPoly takes its border in: a hair inwards, so that none is too many.
    points = polygon - 0.5 - 0.01 * np.sign(polygon - polygon.mean(axis=0))
    cv2.fillPoly(plane, [np.rint(points).astype(np.int32)], 1.0)
    return np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
