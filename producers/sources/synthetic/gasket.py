"""A rubber gasket on a machined flange, always in one place: `good`, `cut` or `debris` on the bead."""

import math
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from producers.sources.synthetic.blemishes import soiled
from producers.sources.synthetic.surface import (
    Area,
    Colour,
    Layout,
    Part,
    Points,
    Region,
    Surface,
    clipped,
    paint,
    rounded_box,
)
from producers.sources.synthetic.workpiece import Workpiece, bore, filled, plate, textured

_RUBBERS: Final[dict[str, Colour]] = {  # blue, green, red
    "pump-gasket": (44, 43, 42),
    "oven-gasket": (52, 58, 150),
    "valve-gasket": (104, 106, 108),
}
_PATH: Final = (208.0, 140.0, 62.0)  # half width, half height and corner of the bead's middle line, units
_BEAD: Final = 14.0  # half width of the bead, units
_GROOVE: Final = 3.0  # depth of the flange under the bead, units


def draw_gasket(layout: Layout, rng: np.random.Generator, defects: np.random.Generator | None, contrast: float) -> Part:
    """Draw one flange; `defects` cuts its gasket or drops a chip on it, None leaves it good. `contrast` scales them."""
    product = str(rng.choice(list(_RUBBERS)))
    surface = textured(_designed(layout, product), layout, rng, brush=float(rng.uniform(0.06, 0.16)))
    regions = []
    if defects is not None:
        draw_one = _cut if defects.random() < 0.55 else _debris
        wanted = int(defects.choice((1, 1, 1, 2)))
        regions = [draw_one(surface, layout, defects, contrast) for _ in range(wanted)]
    soiled(surface, layout, rng)
    return Part(surface, regions[0].label if regions else "good", regions, product)


@lru_cache(maxsize=6)
def _designed(layout: Layout, product: str) -> Workpiece:
    x, y = layout.grid()
    piece = plate(layout, rounded_box(x, y, 284.0, 212.0, 44.0), (148, 149, 147), gloss=0.5, bevel=7.0)
    chamber = clipped(0.5 - rounded_box(x, y, 150.0, 84.0, 40.0) * (layout.scale / 4))
    filled(piece.surface, chamber, (86, 87, 86), gloss=0.2)
    piece.surface.height[...] -= chamber * (11.0 * layout.scale)
    piece.metal[...] *= 1 - chamber * 0.6
    for hole_x in (-252.0, 252.0):
        for hole_y in (-176.0, 0.0, 176.0):
            bore(piece, layout, hole_x * (0.97 if hole_y else 1.0), hole_y, 11.0)
    _bead(piece, layout, _RUBBERS[product])
    return piece


def _bead(piece: Workpiece, layout: Layout, colour: Colour) -> None:
    """The rubber: half round, with the thin seam its mould left on top."""
    x, y = layout.grid()
    off_middle = np.abs(rounded_box(x, y, *_PATH))
    rubber = clipped((_BEAD - off_middle) * layout.scale + 0.5)
    groove = clipped(((_BEAD + 5) - off_middle) / 4)
    filled(piece.surface, groove * (1 - rubber), (92, 93, 92), gloss=0.25)
    filled(piece.surface, rubber, colour, gloss=0.26)
    crown = np.sqrt(clipped(1 - (off_middle / _BEAD) ** 2)) * (_BEAD * 0.75)
    seam = clipped(1 - off_middle / 1.2) * 0.5
    piece.surface.height[...] += (rubber * (crown + seam) - groove * _GROOVE) * layout.scale
    piece.metal[...] *= 1 - np.maximum(groove, rubber)


class _Spot(NamedTuple):
    """A place on the bead's middle line."""

    point: NDArray[np.float64]  # units from the middle
    along: NDArray[np.float64]  # unit vector along the bead
    outward: NDArray[np.float64]  # unit vector across it, away from the chamber


def _draw_spot(rng: np.random.Generator) -> _Spot:
    """Draw a place on the middle line: on a straight or in a corner, about as likely as they are long."""
    half_width, half_height, corner = _PATH
    sign = np.array([rng.choice((-1.0, 1.0)), rng.choice((-1.0, 1.0))])
    inner = np.array([half_width - corner, half_height - corner])
    where = rng.random()
    if where < 0.28:
        angle = float(rng.uniform(0, math.pi / 2))
        outward = np.array([math.cos(angle), math.sin(angle)]) * sign
        point = inner * sign + corner * outward
    elif where < 0.72:
        outward = np.array([0.0, sign[1]])
        point = np.array([float(rng.uniform(-inner[0], inner[0])), half_height * sign[1]])
    else:
        outward = np.array([sign[0], 0.0])
        point = np.array([half_width * sign[0], float(rng.uniform(-inner[1], inner[1]))])
    return _Spot(point, np.array([-outward[1], outward[0]]), outward)


def _cut(surface: Surface, layout: Layout, rng: np.random.Generator, contrast: float) -> Region:
    """A gap in the bead, from a nick at one side to cut through, in which the groove shows."""
    spot = _draw_spot(rng)
    half = float(rng.uniform(1.2, 8.5)) * min(1.0, contrast)
    through = rng.random() < 0.45
    depth = 2 * _BEAD if through else float(rng.uniform(0.45, 0.9)) * 2 * _BEAD
    side = float(rng.choice((-1.0, 1.0)))
    lean = float(rng.normal(0.0, 3.0))
    corners = [(-half, -side * _BEAD), (half, -side * _BEAD)]
    far = side * (depth - _BEAD)
    narrowing = 1.0 if through else 0.35  # a nick narrows to its end
    corners += [(half * narrowing + lean, far), (-half * narrowing + lean, far)]
    outline = _outline(layout, spot, np.array(corners))
    area = Area.around(outline, 2, surface.shape)
    gap = area.polygon(outline)
    paint(surface, area, gap, (70, 71, 70))
    height = area.of(surface.height)
    height[...] = height * (1 - gap) - gap * (_GROOVE * layout.scale)
    gloss = area.of(surface.gloss)
    gloss[...] = gloss * (1 - gap) + gap * 0.15
    return Region("cut", outline)


def _debris(surface: Surface, layout: Layout, rng: np.random.Generator, contrast: float) -> Region:
    """A chip of metal or a crumb lying on the bead."""
    spot = _draw_spot(rng)
    size = float(rng.uniform(6.0, 16.0))
    angles = np.sort(rng.uniform(0, 2 * math.pi, int(rng.integers(5, 9))))
    radii = size * rng.uniform(0.45, 1.0, len(angles))
    offset = float(rng.uniform(-0.5, 0.5)) * _BEAD
    local = np.stack([radii * np.cos(angles), radii * np.sin(angles) * 0.7 + offset], axis=1)
    outline = _outline(layout, spot, local)
    area = Area.around(outline, 2, surface.shape)
    chip = area.polygon(outline)
    metal = rng.random() < 0.6
    tone = np.array((150, 154, 156) if metal else (52, 74, 96)) * float(rng.uniform(0.75, 1.2))
    paint(surface, area, chip * min(1.0, 0.85 * contrast), (float(tone[0]), float(tone[1]), float(tone[2])))
    dx, dy = area.offsets(*outline.mean(axis=0).tolist())
    tilt = rng.normal(0.0, 0.25, 2)
    height = area.of(surface.height)
    height += chip * ((3.0 * layout.scale) + dx * (tilt[0]) + dy * (tilt[1]))
    gloss = area.of(surface.gloss)
    gloss[...] = gloss * (1 - chip) + chip * (0.7 if metal else 0.1)
    return Region("debris", outline)


def _outline(layout: Layout, spot: _Spot, local: Points) -> Points:
    """Pixel positions of points given as (along, outward) units from the spot."""
    units = spot.point + local[:, :1] * spot.along + local[:, 1:] * spot.outward
    return np.array([layout.at(float(x), float(y)) for x, y in units])
