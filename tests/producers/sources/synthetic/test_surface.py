"""Drawing on a surface: places, coverage and outlines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.sources.synthetic.surface import (
    Area,
    Layout,
    Surface,
    band,
    circle,
    clipped,
    disc,
    ellipse,
    paint,
    rounded_box,
    shade,
)


def blank(width: int = 40, height: int = 30) -> Surface:
    return Surface(
        np.full((height, width, 3), 100, np.uint8),
        np.zeros((height, width), np.float32),
        np.zeros((height, width), np.float32),
    )


def test_units_fill_the_image() -> None:
    layout = Layout(1280, 960)
    assert layout.scale == 2
    assert layout.at(0, 0) == (639.5, 479.5)
    assert layout.at(-10, 5) == (619.5, 489.5)
    x, y = layout.grid()
    assert x.shape == (960, 1280)
    assert float(x[0, 0]) == pytest.approx(-319.75)
    assert float(y[-1, 0]) == pytest.approx(239.75)


@given(x=st.floats(-90, 90), y=st.floats(-90, 90), reach=st.floats(0, 50))
def test_an_area_lies_inside_its_surface(x: float, y: float, reach: float) -> None:
    area = Area.about((x, y), reach, (30, 40))
    assert 0 <= area.top <= area.bottom <= 30
    assert 0 <= area.left <= area.right <= 40
    piece = area.of(blank().height)
    assert piece.shape == (area.bottom - area.top, area.right - area.left)


def test_an_area_is_a_view() -> None:
    surface = blank()
    area = Area.about((10, 12), 2, surface.shape)
    area.of(surface.height)[...] = 5
    assert float(surface.height.sum()) == 5 * 25


def test_a_disc_covers_its_area() -> None:
    area = Area.about((20.3, 14.8), 12, (30, 40))
    assert float(disc(*area.offsets(20.3, 14.8), 9.0).sum()) == pytest.approx(np.pi * 81, rel=0.01)


def test_a_polygon_covers_its_area() -> None:
    outline = circle(20.0, 15.0, 9.0)
    area = Area.around(outline, 2, (30, 40))
    assert float(area.polygon(outline).sum()) == pytest.approx(np.pi * 81, rel=0.04)


def test_a_band_is_as_wide_as_asked() -> None:
    line = np.stack([np.linspace(0, 20, 5), np.full(5, 3.0)], axis=1)
    outline = band(line, np.full(5, 1.5))
    assert outline.min(axis=0).tolist() == [0.0, 1.5]
    assert outline.max(axis=0).tolist() == [20.0, 4.5]


def test_an_ellipse_is_turned() -> None:
    upright = ellipse(0, 0, 10, 2, np.pi / 2)
    assert np.abs(upright[:, 0]).max() == pytest.approx(2, abs=0.05)
    assert np.abs(upright[:, 1]).max() == pytest.approx(10, abs=0.05)


def test_paint_covers_and_shade_multiplies() -> None:
    surface = blank()
    everywhere = Area(0, 0, *surface.shape)
    half = np.full(surface.shape, 0.5, np.float32)
    paint(surface, everywhere, half, (0.0, 100.0, 200.0))
    assert surface.albedo[3, 3].tolist() == [50, 100, 150]
    shade(surface, everywhere, half * 4)
    assert surface.albedo[3, 3].tolist() == [100, 200, 255]


def test_the_distance_to_a_rounded_box() -> None:
    x, y = Layout(640, 480).grid()
    distance = rounded_box(x, y, 100, 50, 20)
    inside = float((distance < 0).sum())
    assert inside == pytest.approx(200 * 100 - (4 - np.pi) * 400, rel=0.01)
    assert float(distance[240, 320 + 110]) == pytest.approx(10.5, abs=0.01)


def test_values_are_cut_to_0_and_1() -> None:
    assert clipped([-3.0, 0.25, 7.0]).tolist() == [0.0, 0.25, 1.0]
