"""What all parts share: a plate on a conveyor belt, its texture, and holes in it."""

from dataclasses import dataclass

import cv2
import numpy as np

from producers.sources.synthetic.surface import (
    Area,
    Colour,
    Field,
    Layout,
    Surface,
    clipped,
    disc,
    field,
    paint,
)
from producers.sources.synthetic.textures import brushed, cut, mottled, rough

_BELT: Colour = (47, 45, 44)  # dark rubber
_BELT_DEPTH = 14.0  # units below the plate


@dataclass(frozen=True, slots=True)
class Workpiece:
    """A part as designed: the same for every one made, so it is drawn once."""

    surface: Surface
    metal: Field  # height x width, float32: 1 on bare metal, 0 elsewhere


def plate(layout: Layout, edge: Field, colour: Colour, *, gloss: float, bevel: float) -> Workpiece:
    """A flat plate on the belt. `edge` is the signed distance to its outline (units, negative inside)."""
    inside = clipped(0.5 - edge * layout.scale)
    # A pressed edge rolls off; the belt beside it lies in its shade.
    roll = clipped(1 + edge / bevel) ** 2
    height = np.where(edge < 0, -roll * (bevel * 0.5), -_BELT_DEPTH) * layout.scale
    shade_of_plate = 1 - 0.55 * np.exp(-np.maximum(edge, 0) / 9)
    belt = np.array(_BELT, dtype=np.float32) * shade_of_plate[..., None]
    albedo = belt * (1 - inside[..., None]) + np.array(colour, dtype=np.float32) * inside[..., None]
    return Workpiece(
        Surface(
            albedo.astype(np.uint8),
            field(cv2.GaussianBlur(field(height), (0, 0), 0.8 * layout.scale)),
            inside * (gloss - 0.06) + 0.06,
        ),
        inside.copy(),
    )


def bore(piece: Workpiece, layout: Layout, x: float, y: float, radius: float) -> None:
    """Cut a round hole through the plate at `x`, `y` (units): dark below, with a broken edge that catches light."""
    middle = layout.at(x, y)
    cut_hole(piece.surface, middle, radius * layout.scale, layout.scale)
    area = Area.about(middle, radius * layout.scale + 3, piece.surface.shape)
    metal = area.of(piece.metal)
    metal *= 1 - disc(*area.offsets(*middle), radius * layout.scale)


def cut_hole(surface: Surface, middle: tuple[float, float], radius: float, scale: float) -> None:
    """As `bore`, on a surface, in pixels."""
    area = Area.about(middle, radius + 6 * scale, surface.shape)
    dx, dy = area.offsets(*middle)
    hole = disc(dx, dy, radius, soft=1.5 * scale)
    # Deeper inside, so the wall away from the lamp keeps some light.
    depth = clipped((radius - np.hypot(dx, dy)) / (0.45 * radius))
    wall = 1 - 0.75 * depth
    shade_in_hole = (1 - hole) + hole * 0.34 * wall
    piece = area.of(surface.albedo)
    piece[...] = (piece * shade_in_hole[..., None]).astype(np.uint8)
    chamfer = clipped((radius + 2.2 * scale - np.hypot(dx, dy)) / (2.2 * scale))
    height = area.of(surface.height)
    height -= (chamfer * (1.3 * scale) + depth * (8.0 * scale)) * np.maximum(chamfer, hole)
    gloss = area.of(surface.gloss)
    gloss *= 1 - 0.75 * hole


def textured(piece: Workpiece, layout: Layout, rng: np.random.Generator, *, brush: float) -> Surface:
    """One part as made: `brush` (units of height) is how deep the lines in its metal are."""
    surface = piece.surface.copy()
    lines = cut(brushed(layout.scale), surface.shape, rng)
    grain = cut(rough(layout.scale), surface.shape, rng)
    clouds = cut(mottled(layout.scale), surface.shape, rng)
    on_metal = lines * piece.metal
    cv2.scaleAdd(on_metal, brush * layout.scale, surface.height, dst=surface.height)
    tone = on_metal * 2.6
    tone += (grain - grain * piece.metal) * 4.5
    tone += clouds * 1.3
    cv2.add(surface.albedo, cv2.merge([tone, tone, tone]), dst=surface.albedo, dtype=cv2.CV_8U)
    gloss = surface.gloss
    gloss *= 1 + 0.06 * clouds
    return surface


def printed(surface: Surface, layout: Layout, text: str, x: float, y: float, *, size: float, colour: Colour) -> None:
    """Print `text` with its lower left corner at `x`, `y` (units); `size` is the letters' height in units."""
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(size * layout.scale / 9))
    left, bottom = (round(value) for value in layout.at(x, y))
    scale = size * layout.scale / 21  # this font's capitals are 21 pixels high at scale 1
    cv2.putText(surface.albedo, text, (left, bottom), font, scale, colour, thickness, cv2.LINE_AA)


def filled(surface: Surface, mask: Field, colour: Colour, gloss: float) -> None:
    """Cover the whole surface's `mask` (0..1) with another material."""
    everywhere = Area(0, 0, *surface.shape)
    paint(surface, everywhere, mask, colour)
    surface.gloss[...] = surface.gloss * (1 - mask) + gloss * mask
