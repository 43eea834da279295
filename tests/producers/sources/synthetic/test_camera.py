"""The simulated camera: light, pose and noise do what they should."""

import dataclasses

import numpy as np
import pytest

from producers.sources.synthetic.camera import photograph
from producers.sources.synthetic.surface import Layout, Pixels, Surface
from producers.sources.synthetic.view import View

LAYOUT = Layout(160, 120)
STILL = View(
    angle=0.0,
    zoom=1.0,
    shift=(0.0, 0.0),
    azimuth=np.pi / 2,
    elevation=0.9,
    ambient=0.4,
    gain=1.0,
    warmth=0.0,
    slope=(0.0, 0.0),
    vignette=0.0,
    hot_spot=(0.0, 0.0, 0.0),
    reflections=(),
    blur=0.4,
    motion=0.0,
    noise=0.0,
)


def flat(gloss: float = 0.0) -> Surface:
    return Surface(
        np.full((120, 160, 3), 100, np.uint8), np.zeros((120, 160), np.float32), np.full((120, 160), gloss, np.float32)
    )


def taken(surface: Surface, **changes: object) -> Pixels:
    view = dataclasses.replace(STILL, **changes)  # type: ignore[arg-type]
    return photograph(surface, view, LAYOUT, np.random.default_rng(1))


def test_a_flat_surface_keeps_its_colour_whatever_the_lamp_s_height() -> None:
    for elevation in (0.75, 1.05):
        assert taken(flat(), elevation=elevation).mean() == pytest.approx(100, abs=1)


def test_gain_brightens_and_warmth_shifts_blue_to_red() -> None:
    assert taken(flat(), gain=1.5).mean() == pytest.approx(150, abs=1)
    blue, green, red = taken(flat(), warmth=0.1).mean(axis=(0, 1)).tolist()
    assert (blue, green, red) == pytest.approx((90, 100, 110), abs=1)


def test_the_side_towards_the_lamp_is_brighter() -> None:
    surface = flat()
    y, x = np.mgrid[0:120, 0:160]
    surface.height[...] = 10 * np.clip(1 - ((x - 80) ** 2 + (y - 60) ** 2) / 900.0, 0, 1)
    image = taken(surface)  # the lamp is at the top
    assert image[45, 80].mean() > 110
    assert image[75, 80].mean() < 90


def test_something_high_throws_a_shadow_away_from_the_lamp() -> None:
    surface = flat()
    surface.height[50:60, 60:100] = 30
    image = taken(surface)
    assert image[60:63, 80].min() < 75 < image[40, 80].mean()


def test_gloss_shines() -> None:
    assert taken(flat(gloss=1.0)).mean() > taken(flat()).mean() + 20


def test_noise_grows_with_the_light() -> None:
    dark = taken(flat(), noise=3.0, gain=0.4).std()
    bright = taken(flat(), noise=3.0, gain=2.0).std()
    assert 1 < dark < bright


def test_blur_and_motion_soften_edges() -> None:
    surface = flat()
    surface.albedo[:, 80:] = 200
    steepest = [
        int(np.abs(np.diff(taken(surface, **change)[60, :, 1].astype(int))).max())
        for change in ({}, {"blur": 8.0}, {"motion": 40.0})
    ]
    assert steepest[0] > 2 * steepest[1]
    assert steepest[0] > 2 * steepest[2]
