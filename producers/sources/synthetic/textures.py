"""Textures that are drawn once and cut from ever after: brushed metal, mottled surfaces, sensor noise.

All are float32, mean 0, standard deviation 1, and wrap round at their edges. They come from fixed seeds: an image's own
seed says where it cuts.
"""

from functools import lru_cache

import cv2
import numpy as np

from producers.sources.synthetic.surface import Field, field

_SIDE = 1024  # pixels; larger than the usual image, so that no two cuts look alike


_CLOUDS = ((7.0, 1.0), (2.75, 0.6), (1.0, 0.3))  # sigma in cells of 4 units, and weight
_GRAINS = ((0.7, 1.0), (2.2, 0.8))  # sigma in units, and weight


def cut(tile: Field, shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Return a piece of `shape` (height, width) from a random place of `tile`, wrapped round where it is too small."""
    height, width = shape
    rows, columns = int(tile.shape[0]), int(tile.shape[1])
    if height <= rows and width <= columns:
        top, left = int(rng.integers(rows - height + 1)), int(rng.integers(columns - width + 1))
        return tile[top : top + height, left : left + width]
    row = np.arange(height) + rng.integers(rows)
    column = np.arange(width) + rng.integers(columns)
    return field(tile[(row % rows)[:, None], (column % columns)[None, :]])


@lru_cache(maxsize=8)
def brushed(scale: float) -> Field:
    """Fine lines along x, as a brush leaves on steel; `scale` pixels a unit."""
    rng = np.random.default_rng(101)
    fine = _unit(_stretched(_white(rng, _SIDE, _SIDE // 64), 64, 1))
    coarse = _unit(_smooth(_stretched(_white(rng, _SIDE, _SIDE // 256), 256, 1), 0.5, 1.6))
    return _scaled(_unit(0.8 * fine + 0.3 * coarse + 0.25 * _white(rng, _SIDE, _SIDE)), scale)


@lru_cache(maxsize=8)
def mottled(scale: float) -> Field:
    """Soft clouds of 10 to 80 units, for uneven surfaces, films and dirt."""
    rng = np.random.default_rng(102)
    side = _SIDE // 4  # drawn small: they have no finer detail
    layers = [weight * _unit(_smooth(_white(rng, side, side), sigma, sigma)) for sigma, weight in _CLOUDS]
    return _scaled(_unit(_stretched(layers[0] + layers[1] + layers[2], 4, 4)), scale)


@lru_cache(maxsize=8)
def rough(scale: float) -> Field:
    """Grain of 1 to 3 units, as of cast metal, rubber or a conveyor belt."""
    rng = np.random.default_rng(103)
    layers = [weight * _unit(_smooth(_white(rng, _SIDE, _SIDE), sigma, sigma)) for sigma, weight in _GRAINS]
    return _scaled(_unit(layers[0] + layers[1]), scale)


@lru_cache(maxsize=1)
def sensor_noise() -> Field:
    """Noise of a colour sensor (height x width x 3): a little blotchy, since colours are interpolated from a mosaic."""
    rng = np.random.default_rng(104)
    grey = rng.standard_normal((_SIDE, _SIDE, 1), dtype=np.float32)
    colour = rng.standard_normal((_SIDE, _SIDE, 3), dtype=np.float32)
    return _unit(0.8 * grey + 0.6 * _smooth(colour, 0.7, 0.7) / 0.4)


def _white(rng: np.random.Generator, rows: int, columns: int) -> Field:
    return rng.standard_normal((rows, columns), dtype=np.float32)


def _stretched(image: Field, times_x: int, times_y: int) -> Field:
    """Enlarge a tile; it still wraps round."""
    wrapped = cv2.copyMakeBorder(image, 1, 1, 1, 1, cv2.BORDER_WRAP)
    large = cv2.resize(wrapped, None, fx=times_x, fy=times_y, interpolation=cv2.INTER_LINEAR)
    return field(large[times_y:-times_y, times_x:-times_x])


def _smooth(image: Field, sigma_x: float, sigma_y: float) -> Field:
    # Wrapped on all sides first, so that the tile has no seam.
    margin = int(3 * max(sigma_x, sigma_y)) + 1
    wrapped = cv2.copyMakeBorder(image, margin, margin, margin, margin, cv2.BORDER_WRAP)
    smooth = cv2.GaussianBlur(wrapped, (0, 0), sigmaX=sigma_x, sigmaY=sigma_y)
    return field(smooth[margin:-margin, margin:-margin])


def _unit(image: Field) -> Field:
    return field((image - image.mean()) / image.std())


def _scaled(tile: Field, scale: float) -> Field:
    if scale == 1.0:
        return tile
    method = cv2.INTER_LINEAR if scale > 1 else cv2.INTER_AREA
    return field(cv2.resize(tile, None, fx=scale, fy=scale, interpolation=method))
