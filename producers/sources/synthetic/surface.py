"""A part before it is photographed: colour, height and gloss at each pixel, and what lies where."""

import math
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Field = NDArray[np.float32]  # height x width
Pixels = NDArray[np.uint8]  # height x width x 3, blue, green, red
Points = NDArray[np.float64]  # N x 2, x and y in pixels, pixel centres at integers
Colour = tuple[float, float, float]  # blue, green, red, 0..255

T = TypeVar("T", np.uint8, np.float32)

_FINE = 4  # a pixel is drawn as 4 x 4
_SHIFT = 4  # OpenCV draws at 1/16 of those


@dataclass(frozen=True, slots=True)
class Surface:
    """Maps of one height and width, drawn on in place."""

    albedo: Pixels  # colour under white light
    height: Field  # pixels towards the camera
    gloss: Field  # 0 matt .. 1 mirror

    def copy(self) -> "Surface":
        return Surface(self.albedo.copy(), self.height.copy(), self.gloss.copy())

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, pixels."""
        return int(self.height.shape[0]), int(self.height.shape[1])


def field(values: ArrayLike) -> Field:
    """Return `values` as float32, without a copy where they are that already."""
    return np.asarray(values, dtype=np.float32)


def clipped(values: ArrayLike) -> Field:
    """Return `values` cut to 0..1."""
    return field(np.clip(values, 0, 1))


class Region(NamedTuple):
    """Something with a name on a part."""

    label: str  # class of its box
    outline: Points  # in pixels of the surface


class Part(NamedTuple):
    """A part ready to be photographed."""

    surface: Surface
    label: str  # class of the whole image
    regions: list[Region]
    product: str


@dataclass(frozen=True, slots=True)
class Layout:
    """Places parts on an image: they are laid out in units, 640 x 480 of which fill the image."""

    width: int  # pixels
    height: int  # pixels

    @property
    def scale(self) -> float:
        """Pixels a unit."""
        return min(self.width / 640.0, self.height / 480.0)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixel position of a point `x`, `y` units right of and below the middle."""
        return (self.width - 1) / 2 + x * self.scale, (self.height - 1) / 2 + y * self.scale

    def grid(self) -> tuple[Field, Field]:
        """X and y of every pixel in units from the middle, float32, each height x width."""
        y, x = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32)
        return (x - (self.width - 1) / 2) / self.scale, (y - (self.height - 1) / 2) / self.scale


class Area(NamedTuple):
    """A rectangle inside a surface, to work on a piece of it alone."""

    top: int
    left: int
    bottom: int  # exclusive
    right: int  # exclusive

    @classmethod
    def around(cls, points: Points, margin: float, shape: tuple[int, int]) -> "Area":
        """The rectangle that holds `points` (N x 2, x and y) and `margin` pixels round them, inside `shape`."""
        left, top = (points.min(axis=0) - margin).tolist()
        right, bottom = (points.max(axis=0) + margin).tolist()
        height, width = shape
        return cls(
            top=min(max(math.floor(top), 0), height),
            left=min(max(math.floor(left), 0), width),
            bottom=min(max(math.ceil(bottom) + 1, 0), height),
            right=min(max(math.ceil(right) + 1, 0), width),
        )

    @classmethod
    def about(cls, middle: tuple[float, float], reach: float, shape: tuple[int, int]) -> "Area":
        """The square that reaches `reach` pixels round `middle` (x, y), inside `shape`."""
        return cls.around(np.array([middle]), reach, shape)

    def of(self, image: NDArray[T]) -> NDArray[T]:
        """The piece of `image`, as a view."""
        return image[self.top : self.bottom, self.left : self.right]

    def offsets(self, x: float, y: float) -> tuple[Field, Field]:
        """Distance in x and y of each pixel from the point (x, y), pixels, float32."""
        columns = np.arange(self.left, self.right, dtype=np.float32) - x
        rows = np.arange(self.top, self.bottom, dtype=np.float32) - y
        dx, dy = np.meshgrid(columns, rows)
        return field(dx), field(dy)

    def polygon(self, points: Points) -> Field:
        """Coverage 0..1 (float32) of the filled polygon `points`, smooth at its edge."""
        rows, columns = self.bottom - self.top, self.right - self.left
        if not rows or not columns:
            return np.zeros((rows, columns), np.float32)
        # Drawn larger and averaged: OpenCV's own smooth polygons are half a pixel too large all round.
        fine = np.zeros((rows * _FINE, columns * _FINE), np.uint8)
        local = (points - (self.left, self.top) + 0.5) * _FINE - 0.5
        cv2.fillPoly(fine, [np.round(local * (1 << _SHIFT)).astype(np.int32)], 255, cv2.LINE_8, _SHIFT)
        return field(cv2.resize(fine, (columns, rows), interpolation=cv2.INTER_AREA)) / np.float32(255)


def disc(dx: Field, dy: Field, radius: float, soft: float = 1.0) -> Field:
    """Coverage 0..1 of a disc round the origin of the offsets, its edge `soft` pixels wide."""
    return clipped((radius - np.hypot(dx, dy)) / soft + 0.5)


def band(points: Points, half_widths: NDArray[np.float64]) -> Points:
    """Outline (2N x 2) of a line through `points` (N x 2) that reaches `half_widths` (N, pixels) to each side."""
    along = np.gradient(points, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True)
    offset = across * half_widths[:, None]
    return np.concatenate([points + offset, (points - offset)[::-1]])


def circle(x: float, y: float, radius: float) -> Points:
    """Outline of a circle, 48 x 2."""
    return ellipse(x, y, radius, radius, 0.0)


def ellipse(x: float, y: float, radius_x: float, radius_y: float, angle: float) -> Points:
    """Outline of an ellipse turned by `angle` (radians), 48 x 2."""
    turns = np.linspace(0.0, 2 * np.pi, 48, endpoint=False)
    points = np.stack([radius_x * np.cos(turns), radius_y * np.sin(turns)], axis=1)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ rotation + np.array([x, y]), dtype=np.float64)


def paint(surface: Surface, area: Area, mask: Field, colour: Colour) -> None:
    """Cover the area with `colour` where `mask` (0..1) says."""
    piece = area.of(surface.albedo)
    layer = mask[..., None]
    piece[...] = (piece * (1 - layer) + np.array(colour, dtype=np.float32) * layer + 0.5).astype(np.uint8)


def shade(surface: Surface, area: Area, factor: Field) -> None:
    """Multiply the area's colour by `factor` (0..), as dirt, wear or a film of oil does."""
    piece = area.of(surface.albedo)
    piece[...] = np.clip(piece * factor[..., None] + 0.5, 0, 255).astype(np.uint8)


def rounded_box(x: Field, y: Field, half_width: float, half_height: float, radius: float) -> Field:
    """Signed distance to a rectangle with round corners, negative inside.

    Source: the usual construction of a distance to a box, shrunk by the corner's radius and grown again.
    """
    outside_x, outside_y = np.abs(x) - (half_width - radius), np.abs(y) - (half_height - radius)
    beyond = np.hypot(np.maximum(outside_x, 0), np.maximum(outside_y, 0))
    return np.asarray(beyond + np.minimum(np.maximum(outside_x, outside_y), 0) - radius, dtype=np.float32)
