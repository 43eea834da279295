"""Brackets: four places, a screw or a hole at each."""

from collections import Counter

import numpy as np

from producers.sources.synthetic.screws import PRODUCTS, draw_screws
from producers.sources.synthetic.surface import Layout, Part

LAYOUT = Layout(640, 480)


def drawn(seed: int, *, defective: bool = True) -> Part:
    defects = np.random.default_rng([seed, 1]) if defective else None
    return draw_screws(LAYOUT, np.random.default_rng(seed), defects, 1.0)


def test_missing_screws_make_the_label() -> None:
    missing = Counter(sum(region.label == "missing_screw" for region in drawn(seed).regions) for seed in range(60))
    assert missing[0] == 0
    assert missing[1] > missing[2] > 0
    assert {drawn(seed).label for seed in range(9)} == {"missing_screw"}


def test_a_good_bracket_has_four_screws() -> None:
    parts = [drawn(seed, defective=False) for seed in range(12)]
    assert all([region.label for region in part.regions] == ["screw"] * 4 for part in parts)
    assert {part.label for part in parts} == {"good"}
    assert {part.product for part in parts} == set(PRODUCTS)


def test_a_screw_stands_up_and_a_hole_goes_down() -> None:
    part = drawn(2)
    for region in part.regions:
        x, y = np.round(region.outline.mean(axis=0)).astype(int)
        around = part.surface.height[y - 12 : y + 13, x - 12 : x + 13]
        if region.label == "screw":
            assert float(around.max()) > 3
        else:
            assert float(around.min()) < -4


def test_screws_have_several_finishes_and_turns() -> None:
    shades = set()
    for seed in range(20):
        part = drawn(seed, defective=False)
        x, y = np.round(part.regions[0].outline.mean(axis=0)).astype(int)
        shades.add(tuple((part.surface.albedo[y - 17, x] // 32).tolist()))
    assert len(shades) >= 3
