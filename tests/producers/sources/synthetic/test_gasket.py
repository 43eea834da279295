"""Gaskets: cuts and debris lie on the bead."""

import numpy as np
import pytest

from producers.sources.synthetic.gasket import draw_gasket
from producers.sources.synthetic.surface import Layout, Part, rounded_box

LAYOUT = Layout(640, 480)


def drawn(seed: int, *, defective: bool = True) -> Part:
    defects = np.random.default_rng([seed, 1]) if defective else None
    return draw_gasket(LAYOUT, np.random.default_rng(seed), defects, 1.0)


def test_the_label_is_that_of_its_boxes() -> None:
    parts = [drawn(seed) for seed in range(20)]
    assert {part.label for part in parts} == {"cut", "debris"}
    assert all({region.label for region in part.regions} == {part.label} for part in parts)
    assert drawn(1, defective=False).regions == []


def test_defects_lie_on_the_bead_on_straights_and_in_corners() -> None:
    off_middle = rounded_box(*LAYOUT.grid(), 208.0, 140.0, 62.0)
    for seed in range(40):
        for region in drawn(seed).regions:
            x, y = np.round(region.outline.mean(axis=0)).astype(int)
            assert abs(float(off_middle[y, x])) < 14


@pytest.mark.parametrize(("label", "sign"), [("cut", -1), ("debris", 1)])
def test_a_cut_goes_down_and_debris_stands_up(label: str, sign: int) -> None:
    seed = next(seed for seed in range(30) if drawn(seed).label == label)
    change = drawn(seed).surface.height - drawn(seed, defective=False).surface.height
    assert float((sign * change).max()) > 2
