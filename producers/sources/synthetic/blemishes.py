"""What parts carry that is no defect: fingerprints, films of oil, dust. A model has to learn to leave them alone."""

import math

import numpy as np
from numpy.typing import NDArray

from producers.sources.synthetic.surface import (
    Area,
    Layout,
    Surface,
    clipped,
    disc,
    ellipse,
    paint,
    shade,
)
from producers.sources.synthetic.textures import cut, mottled


def soiled(surface: Surface, layout: Layout, rng: np.random.Generator) -> None:
    """Put a random few of them on the surface."""
    for _ in range(int(rng.choice((0, 0, 1, 1, 2)))):
        _film(surface, layout, rng)
    for _ in range(int(rng.choice((0, 0, 0, 1)))):
        _fingerprint(surface, layout, rng)
    for _ in range(int(rng.poisson(5))):
        _dust(surface, layout, rng)


def _anywhere(layout: Layout, rng: np.random.Generator) -> tuple[float, float]:
    return layout.at(float(rng.uniform(-280, 280)), float(rng.uniform(-200, 200)))


def _film(surface: Surface, layout: Layout, rng: np.random.Generator) -> None:
    """A wiped film of oil: darker or paler by some percent, soft and ragged, and less or more shiny."""
    middle = _anywhere(layout, rng)
    radii = rng.uniform(18, 85, 2) * layout.scale
    angle = float(rng.uniform(0, math.pi))
    area = Area.around(ellipse(*middle, float(radii[0]), float(radii[1]), angle), 2, surface.shape)
    if not area.of(surface.height).size:
        return
    dx, dy = area.offsets(*middle)
    along = (dx * math.cos(angle) + dy * math.sin(angle)) / (radii[0])
    across = (dy * math.cos(angle) - dx * math.sin(angle)) / (radii[1])
    inside = clipped(1 - along * along - across * across)
    clouds = cut(mottled(layout.scale), (int(dx.shape[0]), int(dx.shape[1])), rng)
    film = inside * clipped(0.55 + 0.4 * clouds)
    shade(surface, area, 1 - film * rng.uniform(-0.06, 0.17))
    gloss = area.of(surface.gloss)
    gloss *= np.clip(1 - film * rng.uniform(-0.35, 0.75), 0, 1.4)


def _fingerprint(surface: Surface, layout: Layout, rng: np.random.Generator) -> None:
    """Ridges of grease: curved lines a few pixels apart that hardly change the colour, only the shine."""
    middle = _anywhere(layout, rng)
    radius = float(rng.uniform(15, 22)) * layout.scale
    outline: NDArray[np.float64] = ellipse(*middle, radius, radius * 1.3, 0.0)
    area = Area.around(outline, 2, surface.shape)
    if not area.of(surface.height).size:
        return
    dx, dy = area.offsets(*middle)
    inside = clipped(1 - (dx * dx + dy * dy / 1.7) / (radius * radius))
    turn = float(rng.uniform(0, math.pi))
    whorl = np.hypot(dx + radius * 0.5 * math.cos(turn), dy * 0.8 + radius * 0.5 * math.sin(turn))
    ridges = 0.5 + 0.5 * np.sin(whorl * (2 * math.pi / (4.2 * layout.scale)))
    grease = inside * (0.35 + ridges * 0.65)
    shade(surface, area, 1 - grease * rng.uniform(0.03, 0.12))
    gloss = area.of(surface.gloss)
    gloss *= 1 - grease * 0.5


def _dust(surface: Surface, layout: Layout, rng: np.random.Generator) -> None:
    """A speck, paler or darker, at most three pixels across."""
    middle = _anywhere(layout, rng)
    radius = float(rng.uniform(0.5, 1.5)) * layout.scale
    area = Area.around(np.array([middle]), radius + 2, surface.shape)
    if not area.of(surface.height).size:
        return
    tone = float(rng.choice((60.0, 205.0)))
    speck = disc(*area.offsets(*middle), radius) * rng.uniform(0.25, 0.7)
    paint(surface, area, speck, (tone, tone, tone))
