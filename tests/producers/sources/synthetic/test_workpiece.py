"""Plates, holes, texture and print."""

import numpy as np

from producers.sources.synthetic.surface import Layout, rounded_box
from producers.sources.synthetic.workpiece import Workpiece, bore, filled, plate, printed, textured

LAYOUT = Layout(320, 240)


def drawn() -> Workpiece:
    return plate(LAYOUT, rounded_box(*LAYOUT.grid(), 250, 180, 20), (150, 150, 150), gloss=0.6, bevel=8)


def test_a_plate_lies_above_the_belt() -> None:
    piece = drawn()
    assert piece.surface.height[120, 160] > piece.surface.height[5, 5] + 3
    assert piece.metal[120, 160] == 1
    assert piece.metal[5, 5] == 0
    assert piece.surface.albedo[120, 160].mean() > 3 * piece.surface.albedo[5, 5].mean()


def test_a_hole_is_dark_deep_and_no_metal() -> None:
    piece = drawn()
    bore(piece, LAYOUT, 50, 0, 20)
    x, y = (round(value) for value in LAYOUT.at(50, 0))
    assert piece.surface.albedo[y, x].mean() < 40
    assert piece.surface.height[y, x] < -2
    assert piece.metal[y, x] == 0
    assert piece.metal[y, x + 14] == 1


def test_each_part_has_its_own_texture_and_the_design_stays() -> None:
    piece = drawn()
    before = piece.surface.albedo.copy()
    first, second = (textured(piece, LAYOUT, np.random.default_rng(seed), brush=0.1) for seed in (1, 2))
    assert not np.array_equal(first.albedo, second.albedo)
    assert np.array_equal(piece.surface.albedo, before)


def test_print_and_fillings_change_what_they_cover() -> None:
    piece = drawn()
    printed(piece.surface, LAYOUT, "ECO", 0, 0, size=20, colour=(0, 0, 0))
    assert piece.surface.albedo.min() < 30
    filled(piece.surface, np.ones(piece.surface.shape, np.float32), (1, 2, 3), gloss=0.5)
    assert piece.surface.albedo[9, 9].tolist() == [1, 2, 3]
