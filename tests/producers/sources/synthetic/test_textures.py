"""Textures: unit spread, no seam, cut from anywhere."""

from collections.abc import Callable

import numpy as np
import pytest

from producers.sources.synthetic.surface import Field
from producers.sources.synthetic.textures import brushed, cut, mottled, rough, sensor_noise


@pytest.mark.parametrize("texture", [brushed, mottled, rough])
def test_a_texture_has_mean_0_and_spread_1(texture: Callable[[float], Field]) -> None:
    tile = texture(1.0)
    assert tile.dtype == np.float32
    assert float(tile.mean()) == pytest.approx(0, abs=0.01)
    assert float(tile.std()) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("texture", [brushed, mottled, rough])
def test_a_texture_has_no_seam(texture: Callable[[float], Field]) -> None:
    tile = texture(1.0)
    inside = float(np.abs(np.diff(tile, axis=1)).mean())
    assert float(np.abs(tile[:, 0] - tile[:, -1]).mean()) < 1.5 * inside


def test_brushed_lines_run_along_x() -> None:
    tile = brushed(1.0)
    assert float(np.abs(np.diff(tile, axis=1)).mean()) < 0.7 * float(np.abs(np.diff(tile, axis=0)).mean())


def test_noise_has_three_channels_that_differ() -> None:
    noise = sensor_noise()
    assert noise.shape[2] == 3
    assert 0.1 < float(np.corrcoef(noise[..., 0].ravel(), noise[..., 2].ravel())[0, 1]) < 0.95


@pytest.mark.parametrize("shape", [(10, 20), (1024, 1024), (1100, 30), (1500, 2100)])
def test_a_piece_has_the_shape_asked_for(shape: tuple[int, int]) -> None:
    assert cut(rough(1.0), shape, np.random.default_rng(1)).shape == shape


def test_a_piece_comes_from_another_place_each_time() -> None:
    rng = np.random.default_rng(1)
    assert not np.array_equal(cut(rough(1.0), (50, 50), rng), cut(rough(1.0), (50, 50), rng))


def test_textures_grow_with_the_image() -> None:
    assert rough(0.5).shape == (512, 512)
    assert rough(2.0).shape == (2048, 2048)
