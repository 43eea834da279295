"""Panels: scratches and dents lie on metal, and every product is made."""

import numpy as np

from producers.sources.synthetic.panel import draw_panel
from producers.sources.synthetic.surface import Layout, Part

LAYOUT = Layout(640, 480)


def drawn(seed: int, *, defective: bool = True) -> Part:
    defects = np.random.default_rng([seed, 1]) if defective else None
    return draw_panel(LAYOUT, np.random.default_rng(seed), defects, 1.0)


def test_the_label_is_that_of_its_boxes() -> None:
    parts = [drawn(seed) for seed in range(20)]
    assert {part.label for part in parts} == {"scratch", "dent"}
    assert {part.product for part in parts} == {"oven-panel", "washer-panel", "hood-panel"}
    for part in parts:
        assert {region.label for region in part.regions} == {part.label}
        assert 1 <= len(part.regions) <= 3


def test_a_good_panel_has_no_boxes() -> None:
    part = drawn(3, defective=False)
    assert part.label == "good"
    assert part.regions == []


def test_defects_lie_on_the_sheet_and_not_in_its_holes() -> None:
    for seed in range(20):
        flawless = drawn(seed, defective=False)
        for region in drawn(seed).regions:
            columns, rows = np.round(region.outline).astype(int).T
            assert float(np.median(flawless.surface.height[rows, columns])) > -2
            assert float(flawless.surface.height[rows, columns].min()) > -6


def test_a_dent_goes_down_and_leaves_the_colour() -> None:
    seed = next(seed for seed in range(20) if drawn(seed).label == "dent")
    dented, flawless = drawn(seed), drawn(seed, defective=False)
    assert float((dented.surface.height - flawless.surface.height).min()) < -0.3
    assert float((dented.surface.height - flawless.surface.height).max()) <= 1e-4
    assert np.array_equal(dented.surface.albedo, flawless.surface.albedo)
