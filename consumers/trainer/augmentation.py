"""Changes to training images that an inspection survives: turned, shifted, relit, never with the defect cut off.

What is allowed is data (`Augmentation`), because it depends on the product: a part that is always upright must not be
trained upside down if "upside down" is a defect.
"""

from typing import Annotated, Final

import cv2
import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from consumers.inference.picture import Pixels, as_pixels

Boxes = NDArray[np.float32]
Matrix = NDArray[np.float64]
_TRIES: Final = 8
_Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]


class Augmentation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a training image may be changed; 0 or False leaves that alone.

    `rotation` in degrees either way, `zoom` and `shift` as shares of the picture, `brightness` and `contrast` as
    shares of the grey range and of the spread, `blur` the largest Gaussian sigma in pixels of the network's input,
    `noise` the largest standard deviation in grey levels.
    """

    flips: bool = True
    quarter_turns: bool = True
    rotation: Annotated[float, Meta(ge=0.0, le=180.0)] = 8.0
    zoom: _Fraction = 0.08
    shift: _Fraction = 0.04
    brightness: _Fraction = 0.12
    contrast: _Fraction = 0.2
    blur: Annotated[float, Meta(ge=0.0, le=5.0)] = 0.6
    noise: Annotated[float, Meta(ge=0.0, le=50.0)] = 3.0


NO_AUGMENTATION: Final = Augmentation(
    flips=False, quarter_turns=False, rotation=0, zoom=0, shift=0, brightness=0, contrast=0, blur=0, noise=0
)


def augment(pixels: Pixels, boxes: Boxes, how: Augmentation, rng: np.random.Generator) -> tuple[Pixels, Matrix]:
    """A changed copy of `pixels` (height, width, channels), uint8, and the 3 x 3 matrix that its points moved by.

    `boxes` (n, 4) x, y, w, h stay inside the picture: a movement that would push one out is drawn again, and given up
    after eight tries.
    """
    height, width = pixels.shape[:2]
    matrix = _movement(width, height, boxes, how, rng)
    if not np.array_equal(matrix, np.eye(3)):
        pixels = _warp(pixels, matrix)
    return _relight(pixels, how, rng), matrix


def _movement(width: int, height: int, boxes: Boxes, how: Augmentation, rng: np.random.Generator) -> Matrix:
    for _ in range(_TRIES):
        matrix = _draw(width, height, how, rng)
        if _keeps(matrix, boxes, width, height):
            return matrix
    return np.eye(3)


def _draw(width: int, height: int, how: Augmentation, rng: np.random.Generator) -> Matrix:
    """A homogeneous 3 x 3 matrix about the picture's centre: flip, quarter turns, rotation, zoom, shift."""
    flip = -1.0 if how.flips and rng.random() < 0.5 else 1.0
    # A quarter turn of an oblong picture would leave half of it empty: half turns only there.
    turns = int(rng.integers(4)) if width == height else 2 * int(rng.integers(2))
    angle = np.deg2rad(rng.uniform(-how.rotation, how.rotation)) + (np.pi / 2 * turns if how.quarter_turns else 0.0)
    zoom = 1.0 + rng.uniform(-how.zoom, how.zoom)
    cosine, sine = np.cos(angle) * zoom, np.sin(angle) * zoom
    centre_x, centre_y = (width - 1) / 2, (height - 1) / 2
    matrix = np.array([[cosine * flip, -sine, 0.0], [sine * flip, cosine, 0.0], [0.0, 0.0, 1.0]])
    shift = rng.uniform(-how.shift, how.shift, 2) * (width, height)
    matrix[:2, 2] = np.array([centre_x, centre_y]) + shift - matrix[:2, :2] @ (centre_x, centre_y)
    return np.round(matrix, 9)


def _keeps(matrix: Matrix, boxes: Boxes, width: int, height: int) -> bool:
    """Whether the corners of every box stay inside the picture."""
    if not len(boxes):
        return True
    moved = moved_corners(matrix, boxes)
    # A box that touches the border may stick out by a pixel after turning.
    return bool((moved >= -1).all() and (moved <= (width, height)).all())


def moved_corners(matrix: Matrix, boxes: Boxes) -> NDArray[np.float64]:
    """The four corners of each box after a movement, (n, 4, 2) x, y, in order round the box."""
    x0, y0, w, h = boxes.astype(np.float64).T
    corners = np.stack([(x0, y0), (x0 + w, y0), (x0 + w, y0 + h), (x0, y0 + h)]).transpose(2, 0, 1)
    return np.asarray(corners @ matrix[:2, :2].T + matrix[:2, 2])


def _warp(pixels: Pixels, matrix: Matrix) -> Pixels:
    height, width = pixels.shape[:2]
    moved = cv2.warpAffine(
        pixels, matrix[:2], (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    return as_pixels(moved).reshape(pixels.shape)


def _relight(pixels: Pixels, how: Augmentation, rng: np.random.Generator) -> Pixels:
    gain = 1.0 + rng.uniform(-how.contrast, how.contrast)
    lift = 255.0 * rng.uniform(-how.brightness, how.brightness)
    sigma, noise = rng.uniform(0.0, how.blur), rng.uniform(0.0, how.noise)
    if gain != 1.0 or lift != 0.0:
        middle = float(pixels.mean())
        table = (np.arange(256, dtype=np.float32) - middle) * gain + middle + lift
        pixels = as_pixels(cv2.LUT(pixels, _grey_levels(table))).reshape(pixels.shape)
    if sigma > 0.3:  # below, the kernel is a single pixel
        pixels = as_pixels(cv2.GaussianBlur(pixels, (0, 0), sigma)).reshape(pixels.shape)
    if noise > 0.0:
        pixels = _grey_levels(pixels + rng.normal(0.0, noise, pixels.shape))
    return pixels


def _grey_levels(values: NDArray[np.floating]) -> Pixels:
    return as_pixels(np.clip(np.rint(values), 0, 255).astype(np.uint8))
