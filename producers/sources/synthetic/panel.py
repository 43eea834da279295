"""A control panel of brushed steel, as on an oven or a washing machine: `good`, `scratch` or `dent`."""

import math
from functools import lru_cache
from typing import Final

import numpy as np

from producers.sources.synthetic.blemishes import soiled
from producers.sources.synthetic.surface import (
    Area,
    Colour,
    Layout,
    Part,
    Points,
    Region,
    Surface,
    band,
    clipped,
    ellipse,
    rounded_box,
    shade,
)
from producers.sources.synthetic.workpiece import Workpiece, bore, filled, plate, printed, textured

_STEELS: Final[dict[str, Colour]] = {  # blue, green, red
    "oven-panel": (150, 153, 154),
    "washer-panel": (170, 168, 163),
    "hood-panel": (126, 130, 133),
}
_HALF_SIZE: Final = (288.0, 208.0)  # units
_TRIES: Final = 60  # to find a free place for a defect
_VISIBLE: Final = 0.9  # of a dent's radius: outside of it the slope is below a tenth of its largest


def draw_panel(layout: Layout, rng: np.random.Generator, defects: np.random.Generator | None, contrast: float) -> Part:
    """Draw one panel; `defects` draws its scratches or dents, None leaves it good. `contrast` scales them."""
    product = str(rng.choice(list(_STEELS)))
    piece = _designed(layout, product)
    surface = textured(piece, layout, rng, brush=float(rng.uniform(0.05, 0.15)))
    regions: list[Region] = []
    if defects is not None:
        draw_one = _dent if defects.random() < 0.5 else _scratch
        wanted = int(defects.choice((1, 1, 1, 2, 3)))
        regions = [draw_one(piece, surface, layout, defects, contrast) for _ in range(wanted)]
    soiled(surface, layout, rng)
    return Part(surface, regions[0].label if regions else "good", regions, product)


@lru_cache(maxsize=6)
def _designed(layout: Layout, product: str) -> Workpiece:
    x, y = layout.grid()
    piece = plate(layout, rounded_box(x, y, *_HALF_SIZE, 22.0), _STEELS[product], gloss=0.62, bevel=9.0)
    if product == "oven-panel":
        _display(piece, layout, -60.0, -95.0, 120.0, 42.0)
        for knob in (-200.0, 110.0, 215.0):
            _knob(piece, layout, knob, 95.0, 30.0)
    elif product == "washer-panel":
        _display(piece, layout, 150.0, -80.0, 92.0, 46.0)
        _knob(piece, layout, -150.0, 20.0, 52.0)
        for row, text in enumerate(("COTTON", "ECO 40", "WOOL", "SPIN")):
            printed(piece.surface, layout, text, 75.0, 35.0 + 34.0 * row, size=12.0, colour=(62, 62, 64))
    else:
        for button in range(5):
            bore(piece, layout, -140.0 + 70.0 * button, 110.0, 15.0)
            printed(piece.surface, layout, str(button), -145.0 + 70.0 * button, 148.0, size=11.0, colour=(52, 52, 54))
    return piece


def _display(piece: Workpiece, layout: Layout, x: float, y: float, half_width: float, half_height: float) -> None:
    grid_x, grid_y = layout.grid()
    edge = rounded_box(grid_x - x, grid_y - y, half_width, half_height, 8.0)
    glass = clipped(0.5 - edge * layout.scale)
    filled(piece.surface, glass, (24, 20, 18), gloss=0.4)
    piece.surface.height[...] -= glass * (1.6 * layout.scale)
    piece.metal[...] *= 1 - glass


def _knob(piece: Workpiece, layout: Layout, x: float, y: float, radius: float) -> None:
    """The hole for a knob, with printed marks round it."""
    bore(piece, layout, x, y, radius)
    for mark in range(11):
        angle = math.radians(150 + mark * 24)
        ends = np.array(
            [layout.at(x + r * math.cos(angle), y + r * math.sin(angle)) for r in (radius + 9, radius + 17)]
        )
        area = Area.around(ends, 4, piece.surface.shape)
        line = area.polygon(band(ends, np.full(2, 1.1 * layout.scale)))
        shade(piece.surface, area, 1 - line * 0.6)


def _placed(piece: Workpiece, layout: Layout, rng: np.random.Generator, local: Points) -> Points:
    """Move `local` (N x 2 pixels round the origin) to where it lies on bare metal, not on a hole or the glass."""
    for _ in range(_TRIES):
        x, y = (float(rng.uniform(-side, side)) for side in _HALF_SIZE)
        points: Points = local + np.array(layout.at(x, y))
        columns, rows = np.round(points).astype(int).T
        inside = (columns >= 0) & (columns < layout.width) & (rows >= 0) & (rows < layout.height)
        if inside.all() and float(piece.metal[rows, columns].min()) > 0.5:
            return points
    return np.asarray(local + np.array(layout.at(0.0, 0.0)))  # the middle of every panel is bare


def _scratch(piece: Workpiece, surface: Surface, layout: Layout, rng: np.random.Generator, contrast: float) -> Region:
    """A groove with raised edges, bent a little, finer at its ends."""
    width = float(rng.uniform(1.3, 3.6)) * layout.scale
    points = _placed(piece, layout, rng, _bent_line(float(rng.uniform(45, 200)) * layout.scale, rng))
    taper = np.sin(np.linspace(0.15, math.pi - 0.15, len(points))) ** 0.4
    outline = band(points, taper * width / 2)
    area = Area.around(outline, 2, surface.shape)
    cover = area.polygon(outline)
    depth = contrast * float(rng.uniform(0.42, 1.1))
    height = area.of(surface.height)
    height -= cover * (depth * 1.5)
    tone = depth * float(rng.choice((-0.34, 0.3, 0.3)))  # bare metal shines, dirt in the groove does not
    shade(surface, area, 1 + cover * tone)
    return Region("scratch", outline)


def _bent_line(length: float, rng: np.random.Generator) -> Points:
    along = np.linspace(-0.5, 0.5, 48)
    bend, wave = rng.normal(0.0, 0.16), rng.normal(0.0, 0.03)
    line = np.stack([along, bend * (along**2 - 1 / 12) + wave * np.sin(9 * along)], axis=1) * length
    angle = float(rng.uniform(0, math.pi))
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return np.asarray(line @ turn)


def _dent(piece: Workpiece, surface: Surface, layout: Layout, rng: np.random.Generator, contrast: float) -> Region:
    """A bowl (1 - r^2)^3 deep: smooth at its rim, so that only the shading shows it."""
    radius = float(rng.uniform(13, 42)) * layout.scale
    radii = (radius, radius * float(rng.uniform(0.55, 1.0)))
    angle = float(rng.uniform(0, math.pi))
    outline = _placed(piece, layout, rng, ellipse(0.0, 0.0, *radii, angle))
    x, y = outline.mean(axis=0).tolist()
    area = Area.around(outline, 2, surface.shape)
    dx, dy = area.offsets(x, y)
    along = (dx * math.cos(angle) + dy * math.sin(angle)) / (radii[0])
    across = (dy * math.cos(angle) - dx * math.sin(angle)) / (radii[1])
    bowl = clipped(1 - along * along - across * across) ** 3
    steepest = contrast * float(rng.uniform(0.18, 0.5))
    # The largest slope of (1 - r^2)^3 is 1.717 / radius, at r = 1 / sqrt(5).
    height = area.of(surface.height)
    height -= bowl * (steepest * radii[1] / 1.717)
    return Region("dent", ellipse(x, y, radii[0] * _VISIBLE, radii[1] * _VISIBLE, angle))
