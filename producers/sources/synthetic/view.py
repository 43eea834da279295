"""How one image is taken: pose of the part, light, lens and sensor."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from producers.sources.synthetic.surface import Layout

# Images until the slow drift of the light comes round again: a shift of parts at one a second or so.
_DRIFT_PERIOD = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reflection:
    """The mirror image of a lamp or window on the part."""

    x: float  # middle, 0..1 of the width
    y: float  # middle, 0..1 of the height
    width: float  # 0..1 of the width
    height: float  # 0..1 of the height
    angle: float  # degrees
    strength: float  # grey levels on a mirror


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything about an image that is not the part itself."""

    angle: float  # turn of the part, degrees
    zoom: float  # about 1
    shift: tuple[float, float]  # units right and down
    azimuth: float  # where the light comes from, radians from the right, towards the top
    elevation: float  # of the light over the part, radians
    ambient: float  # share of light from everywhere
    gain: float  # brightness, about 1
    warmth: float  # -0.2 blue .. 0.2 yellow
    slope: tuple[float, float]  # change of brightness across half the image, right and down
    vignette: float  # loss of light in the corners, 0..1
    hot_spot: tuple[float, float, float]  # x, y in -1..1, strength
    reflections: tuple[Reflection, ...]
    blur: float  # of the lens, sigma in units
    motion: float  # smear along x, units
    noise: float  # of the sensor in the dark, grey levels

    def matrix(self, layout: Layout) -> NDArray[np.float64]:
        """The 2 x 3 matrix from a point of the part's surface to its pixel."""
        turn = math.radians(self.angle)
        cos, sin = self.zoom * math.cos(turn), self.zoom * math.sin(turn)
        middle = layout.at(0.0, 0.0)
        target = layout.at(*self.shift)
        return np.array(
            [
                [cos, sin, target[0] - cos * middle[0] - sin * middle[1]],
                [-sin, cos, target[1] + sin * middle[0] - cos * middle[1]],
            ]
        )


def draw_view(rng: np.random.Generator, index: int) -> View:
    """Draw a view; `index` moves the slow drift of the light's colour and strength."""
    drift = math.sin(2 * math.pi * index / _DRIFT_PERIOD)
    return View(
        angle=float(np.clip(rng.normal(0.0, 1.6), -4.0, 4.0)),
        zoom=float(rng.uniform(0.97, 1.03)),
        shift=(float(rng.normal(0.0, 5.0)), float(rng.normal(0.0, 4.0))),
        azimuth=float(rng.uniform(0.3 * math.pi, 0.75 * math.pi)),
        elevation=float(rng.uniform(0.75, 1.05)),
        ambient=float(rng.uniform(0.32, 0.5)),
        gain=float(np.clip(np.exp(rng.normal(0.0, 0.13)), 0.7, 1.2) * (1.0 - 0.06 * drift)),
        warmth=float(np.clip(rng.normal(0.0, 0.05) + 0.05 * drift, -0.2, 0.2)),
        slope=(float(rng.normal(0.0, 0.12)), float(rng.normal(0.0, 0.1))),
        vignette=float(rng.uniform(0.05, 0.28)),
        hot_spot=(float(rng.uniform(-1, 1)), float(rng.uniform(-1, 1)), float(rng.uniform(0.0, 0.3))),
        reflections=tuple(_draw_reflection(rng) for _ in range(int(rng.choice((0, 0, 1, 1, 2))))),
        blur=float(rng.uniform(0.35, 1.0) + (rng.uniform(0.3, 0.8) if rng.random() < 0.12 else 0.0)),
        motion=float(rng.uniform(2.0, 4.0)) if rng.random() < 0.08 else 0.0,
        noise=float(rng.uniform(1.2, 3.2)),
    )


def _draw_reflection(rng: np.random.Generator) -> Reflection:
    return Reflection(
        x=float(rng.uniform(0.05, 0.95)),
        y=float(rng.uniform(0.05, 0.95)),
        width=float(rng.uniform(0.06, 0.3)),
        height=float(rng.uniform(0.08, 0.5)),
        angle=float(rng.uniform(-35, 35)),
        strength=float(rng.uniform(25, 80)),
    )
