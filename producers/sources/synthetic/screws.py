"""A bracket with four screws, some of which may be missing: `good` or `missing_screw`, a box round each place."""

import math
from functools import lru_cache
from typing import Final

import numpy as np

from producers.sources.synthetic.blemishes import soiled
from producers.sources.synthetic.surface import (
    Area,
    Colour,
    Field,
    Layout,
    Part,
    Region,
    Surface,
    circle,
    clipped,
    disc,
    field,
    rounded_box,
    shade,
)
from producers.sources.synthetic.workpiece import Workpiece, bore, cut_hole, filled, plate, printed, textured

PRODUCTS: Final = ("hinge-bracket", "motor-mount", "terminal-cover")
_PLACES: Final[dict[str, tuple[tuple[float, float], ...]]] = {  # units from the middle
    "hinge-bracket": ((-185.0, -110.0), (185.0, -110.0), (-185.0, 110.0), (185.0, 110.0)),
    "motor-mount": ((-165.0, -125.0), (165.0, -125.0), (-165.0, 125.0), (165.0, 125.0)),
    "terminal-cover": ((-205.0, -95.0), (205.0, -95.0), (-205.0, 95.0), (205.0, 95.0)),
}
_FINISHES: Final[tuple[tuple[Colour, float], ...]] = (  # blue, green, red, and gloss
    ((176, 180, 180), 0.75),  # zinc
    ((120, 168, 186), 0.65),  # yellow chromate
    ((42, 42, 43), 0.42),  # black oxide: as dark as a hole
)
_HEAD_HEIGHT: Final = 6.0  # units


def draw_screws(layout: Layout, rng: np.random.Generator, defects: np.random.Generator | None, contrast: float) -> Part:
    """Draw one bracket; `defects` draws which screws are missing, None leaves all in; `contrast` has no meaning."""
    del contrast  # a screw is there or it is not
    product = str(rng.choice(PRODUCTS))
    surface = textured(_designed(layout, product), layout, rng, brush=float(rng.uniform(0.06, 0.2)))
    missing = _draw_missing(defects) if defects is not None else frozenset[int]()
    radius = float(rng.uniform(23.0, 28.0)) * layout.scale
    colour, gloss = _FINISHES[int(rng.integers(len(_FINISHES)))]
    hexagon = bool(rng.random() < 0.35)
    regions = []
    for place, (x, y) in enumerate(_PLACES[product]):
        turn, tone = float(rng.uniform(0, math.pi)), float(rng.uniform(0.88, 1.1))
        middle = layout.at(x + float(rng.normal(0, 1.2)), y + float(rng.normal(0, 1.2)))
        if place in missing:
            regions.append(_empty_hole(surface, layout, middle, radius))
        else:
            finish = tuple(channel * tone for channel in colour)
            _screw(surface, layout, middle, radius, turn, hexagon=hexagon, finish=finish, gloss=gloss)
            regions.append(Region("screw", circle(*middle, radius)))
    soiled(surface, layout, rng)
    return Part(surface, "missing_screw" if missing else "good", regions, product)


def _draw_missing(rng: np.random.Generator) -> frozenset[int]:
    how_many = int(rng.choice((1, 2, 3, 4), p=(0.7, 0.18, 0.07, 0.05)))
    return frozenset(rng.permutation(4)[:how_many].tolist())


@lru_cache(maxsize=6)
def _designed(layout: Layout, product: str) -> Workpiece:
    x, y = layout.grid()
    if product == "hinge-bracket":
        piece = plate(layout, rounded_box(x, y, 272, 185, 26), (158, 160, 160), gloss=0.6, bevel=8.0)
        _ridge(piece, layout, 0.0, -112.0, 90.0, 9.0)
        _ridge(piece, layout, 0.0, 112.0, 90.0, 9.0)
        _slot(piece, layout, 95.0, 26.0)
        printed(piece.surface, layout, "HB-204", -52.0, 72.0, size=13.0, colour=(92, 93, 94))
    elif product == "motor-mount":
        piece = plate(layout, rounded_box(x, y, 250, 205, 60), (138, 140, 139), gloss=0.4, bevel=12.0)
        _boss(piece, layout, 104.0)
        bore(piece, layout, 0.0, 0.0, 72.0)
        for hole_x in (-205.0, 205.0):
            bore(piece, layout, hole_x, 0.0, 9.0)
    else:
        piece = plate(layout, rounded_box(x, y, 280, 165, 34), (172, 177, 179), gloss=0.3, bevel=14.0)
        piece.metal[...] *= 0.12  # moulded plastic: hardly any lines
        for rib in range(-3, 4):
            _ridge(piece, layout, 34.0 * rib, -78.0, 5.0, 30.0)
        _sticker(piece, layout)
    return piece


def _ridge(piece: Workpiece, layout: Layout, x: float, y: float, half_width: float, half_height: float) -> None:
    """A pressed or moulded ridge, round on top."""
    grid_x, grid_y = layout.grid()
    corner = min(half_width, half_height)
    edge = rounded_box(grid_x - x, grid_y - y, half_width, half_height, corner)
    rise = np.sqrt(clipped(1 - (1 + edge / corner) ** 2)) * (edge < 0)
    piece.surface.height[...] += rise * (0.5 * corner * layout.scale)


def _slot(piece: Workpiece, layout: Layout, half_width: float, half_height: float) -> None:
    """A long opening through which the belt shows."""
    x, y = layout.grid()
    edge = rounded_box(x, y, half_width, half_height, half_height)
    opening = clipped(0.5 - edge * layout.scale)
    filled(piece.surface, opening, (27, 26, 26), gloss=0.06)
    piece.surface.height[...] -= opening * (9.0 * layout.scale)
    piece.metal[...] *= 1 - opening


def _boss(piece: Workpiece, layout: Layout, radius: float) -> None:
    """The raised, turned ring round the bore."""
    x, y = layout.grid()
    inside = clipped((radius - np.hypot(x, y)) / 6)
    rings = np.sin(np.hypot(x, y) * (2 * math.pi / 3.0)) * 0.12
    piece.surface.height[...] += (inside * 5.0 + rings * (inside == 1)) * layout.scale
    piece.surface.gloss[...] += inside * 0.2
    piece.metal[...] *= 1 - inside * 0.8


def _sticker(piece: Workpiece, layout: Layout) -> None:
    """A paper label with text and a bar code."""
    x, y = layout.grid()
    edge = rounded_box(x, y - 45, 110.0, 42.0, 4.0)
    paper = clipped(0.5 - edge * layout.scale)
    filled(piece.surface, paper, (226, 229, 230), gloss=0.12)
    piece.surface.height[...] += paper * (0.5 * layout.scale)
    printed(piece.surface, layout, "230 V~  16 A", -96.0, 32.0, size=14.0, colour=(40, 40, 42))
    bars = np.random.default_rng(7).uniform(1.5, 5.0, 36).cumsum()
    for left, right in zip(bars[::2], bars[1::2], strict=True):
        (x0, y0), (x1, y1) = layout.at(-96.0 + left, 44.0), layout.at(-96.0 + right, 76.0)
        piece.surface.albedo[round(y0) : round(y1), round(x0) : round(x1)] = (44, 44, 46)


def _empty_hole(surface: Surface, layout: Layout, middle: tuple[float, float], radius: float) -> Region:
    """The threaded hole, with the pale ring that the head would press on."""
    scale, hole = layout.scale, 0.52 * radius
    area = Area.about(middle, radius + 3, surface.shape)
    ring = disc(*area.offsets(*middle), radius * 0.93, soft=2.5 * scale)
    shade(surface, area, 1 + ring * 0.05)
    cut_hole(surface, middle, hole, scale)
    _thread(surface, middle, hole, scale)
    return Region("missing_screw", circle(*middle, hole + 2.2 * scale))


def _thread(surface: Surface, middle: tuple[float, float], radius: float, scale: float) -> None:
    """Rings of the thread, which glint on one side of the hole."""
    area = Area.about(middle, radius + 1, surface.shape)
    dx, dy = area.offsets(*middle)
    wall = disc(dx, dy, radius) - disc(dx, dy, radius * 0.62, soft=2 * scale)
    turns = np.sin(np.hypot(dx, dy) * (2 * math.pi / (2.6 * scale)))
    height = area.of(surface.height)
    height += wall * turns * (0.7 * scale)
    gloss = area.of(surface.gloss)
    gloss += wall * 0.3


def _screw(
    surface: Surface,
    layout: Layout,
    middle: tuple[float, float],
    radius: float,
    turn: float,
    *,
    hexagon: bool,
    finish: tuple[float, ...],
    gloss: float,
) -> None:
    """A pan head with a cross or hexagon recess, turned by `turn` radians."""
    scale = layout.scale
    area = Area.about(middle, radius + 6 * scale, surface.shape)
    dx, dy = area.offsets(*middle)
    distance = np.hypot(dx, dy)
    head = clipped((radius - distance) / scale + 0.5)
    along, across = _turned(dx, dy, turn)
    recess = _hexagon(along, across, radius) if hexagon else _cross(along, across, radius)
    # The plate round a head lies in its shade, and so does the ground of the recess.
    round_head = 1 - 0.5 * clipped((radius + 5 * scale - distance) / (5 * scale))
    piece = area.of(surface.albedo)
    metal = np.array(finish, dtype=np.float32) * (head * (1 - recess * 0.62))[..., None]
    piece[...] = np.minimum(piece * ((1 - head) * round_head)[..., None] + metal, 255).astype(np.uint8)

    share = np.minimum(distance / radius, 1)
    dome = (1 - share**5) * (_HEAD_HEIGHT * 0.75) + (1 - share * share) * (_HEAD_HEIGHT * 0.25)
    height = area.of(surface.height)
    height[...] = height * (1 - head) + head * (dome - recess * 4.5) * scale
    shine = area.of(surface.gloss)
    shine[...] = shine * (1 - head) + head * gloss * (1 - recess * 0.55)


def _turned(dx: Field, dy: Field, turn: float) -> tuple[Field, Field]:
    cos, sin = math.cos(turn), math.sin(turn)
    return dx * cos + dy * sin, dy * cos - dx * sin


def _cross(along: Field, across: Field, radius: float) -> Field:
    """Depth 0..1 of a Phillips recess: two tapered arms that meet in a round middle."""
    x, y = field(np.abs(along) / radius), field(np.abs(across) / radius)
    first, second = _arm(x, y), _arm(y, x)
    middle = clipped((0.26 - np.hypot(x, y)) / 0.16)
    return np.maximum(np.maximum(first, second), middle)


def _arm(along: Field, across: Field) -> Field:
    half_width = 0.15 - 0.08 * along
    side = clipped((half_width - across) / 0.07)
    return side * clipped((0.6 - along) / 0.12)


def _hexagon(along: Field, across: Field, radius: float) -> Field:
    """Depth 0..1 of a socket for a hexagon key."""
    x, y = np.abs(along) / radius, np.abs(across) / radius
    to_side = np.maximum(y, x * 0.866 + y * 0.5)
    return clipped((0.42 - to_side) / 0.07)
