"""Photographs a part: turns it, lights it, sends it through a lens onto a sensor.

The light is one lamp and a bright surrounding: diffuse by Lambert's law, highlights by the half vector of Blinn 1977,
normals from the height map, shadows by looking a few steps towards the lamp.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from producers.sources.synthetic.surface import Field, Layout, Pixels, Surface, T, field
from producers.sources.synthetic.textures import cut, sensor_noise
from producers.sources.synthetic.view import Reflection, View

_SHADOW_STEPS = (3.0, 7.0)  # units towards the lamp at which something higher takes light away
_HIGHLIGHT = 42.0  # grey levels that a flat mirror sends back: the exposure is set for it, as a line's is
_GLOSS_LEVELS = 200  # bytes a full gloss has
_HALVINGS = 4  # the highlight's exponent is 2**4: satin metal
_COARSE = 16  # pixels of a cell of the brightness map, which is smooth


def photograph(surface: Surface, view: View, layout: Layout, rng: np.random.Generator) -> Pixels:
    """Return the image of `surface` under `view`; `rng` draws the noise."""
    seen = _placed(surface, view.matrix(layout))
    light = _light(view)
    brightness = _brightness(view, seen.shape)
    diffuse, highlight = _lit(seen, view, light, layout.scale)
    cv2.multiply(diffuse, brightness, dst=diffuse)
    cv2.multiply(highlight, brightness, dst=highlight)
    for reflection in view.reflections:
        cv2.accumulateProduct(_glare(reflection, seen.shape), seen.gloss, highlight)
    image = _coloured(seen.albedo, diffuse, highlight, view.warmth)
    return _sensed(_through_lens(image, view, layout.scale), view, rng)


def _placed(surface: Surface, matrix: NDArray[np.float64]) -> Surface:
    def turned(each: NDArray[T]) -> NDArray[T]:
        size = surface.shape[::-1]
        image = cv2.warpAffine(each, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(image, dtype=each.dtype)

    # Colour and gloss travel as one image of four bytes a pixel: OpenCV turns that faster than three bytes alone.
    gloss = cv2.convertScaleAbs(surface.gloss, alpha=_GLOSS_LEVELS)
    together = np.asarray(cv2.cvtColor(surface.albedo, cv2.COLOR_BGR2BGRA), dtype=np.uint8)
    cv2.insertChannel(gloss, together, 3)
    together = turned(together)
    return Surface(
        np.asarray(cv2.cvtColor(together, cv2.COLOR_BGRA2BGR), dtype=np.uint8),
        turned(surface.height),
        field(cv2.extractChannel(together, 3)) / np.float32(_GLOSS_LEVELS),
    )


def _light(view: View) -> tuple[float, float, float]:
    """Unit vector towards the lamp; x right, y down, z towards the camera."""
    flat = math.cos(view.elevation)
    return flat * math.cos(view.azimuth), -flat * math.sin(view.azimuth), math.sin(view.elevation)


def _lit(seen: Surface, view: View, light: tuple[float, float, float], scale: float) -> tuple[Field, Field]:
    """Diffuse factor and highlight (grey levels) of each pixel, float32."""
    slope_x = field(cv2.Sobel(seen.height, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8))
    slope_y = field(cv2.Sobel(seen.height, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8))
    flatness = np.reciprocal(np.sqrt(slope_x * slope_x + slope_y * slope_y + 1))
    open_to_light = _unshadowed(seen.height, light, scale)

    facing = np.maximum(_along(light, slope_x, slope_y) * flatness, 0)
    # A flat surface under the lamp is to have brightness 1, whatever the lamp's height.
    diffuse = facing * open_to_light * ((1 - view.ambient) / light[2]) + view.ambient

    half = (light[0] / (light[2] + 1.0), light[1] / (light[2] + 1.0), 1.0)  # of a flat surface: 1
    mirror = np.maximum(_along(half, slope_x, slope_y) * flatness, 0)
    for _ in range(_HALVINGS):
        cv2.multiply(mirror, mirror, dst=mirror)
    return diffuse, mirror * seen.gloss * open_to_light * _HIGHLIGHT


def _along(direction: tuple[float, float, float], slope_x: Field, slope_y: Field) -> Field:
    """Dot product of `direction` with the normal (-slope_x, -slope_y, 1), not yet of unit length."""
    x, y, z = direction
    return z - x * slope_x - y * slope_y


def _unshadowed(height: Field, light: tuple[float, float, float], scale: float) -> Field:
    """Share of the lamp's light, 0..1, that reaches each pixel, float32."""
    open_to_light = np.ones_like(height)
    rise = light[2] / math.hypot(light[0], light[1])
    rows, columns = height.shape
    margin = math.ceil(_SHADOW_STEPS[-1] * scale)
    wide = field(cv2.copyMakeBorder(height, margin, margin, margin, margin, cv2.BORDER_REPLICATE))
    for step in _SHADOW_STEPS:
        way = step * scale
        top, left = margin + round(way * light[1]), margin + round(way * light[0])
        higher = wide[top : top + rows, left : left + columns] - height
        # Half dark over some units of height, not at once: a lamp has a size, so shadows have soft edges.
        open_to_light -= np.clip((higher - way * rise * 0.6) * (0.25 / scale), 0, 0.45)
    return open_to_light


def _brightness(view: View, shape: tuple[int, int]) -> Field:
    """Gain of each pixel, float32: slope, falling off to the corners, one hot spot."""
    rows, columns = (max(2, side // _COARSE) for side in shape)
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    spot_x, spot_y, strength = view.hot_spot
    spot = strength * np.exp(-((x - spot_x) ** 2 + (y - spot_y) ** 2) / 0.35)
    gain = view.gain * (1 + view.slope[0] * x + view.slope[1] * y) * (1 - view.vignette * (x * x + y * y) / 2) + spot
    return field(cv2.resize(field(np.clip(gain, 0.25, 2.0)), shape[::-1]))


def _glare(reflection: Reflection, shape: tuple[int, int]) -> Field:
    """Grey levels a mirror would add, float32: a soft bright rectangle."""
    rows, columns = (max(4, side // 4) for side in shape)
    middle = (reflection.x * columns, reflection.y * rows)
    corners = cv2.boxPoints((middle, (reflection.width * columns, reflection.height * rows), reflection.angle))
    small = np.zeros((rows, columns), np.uint8)
    cv2.fillConvexPoly(small, np.round(corners).astype(np.int32), 255)
    soft = cv2.blur(small, (max(3, columns // 16) | 1, max(3, columns // 16) | 1))
    return field(cv2.resize(soft, shape[::-1])) * (reflection.strength / 255)


def _coloured(albedo: Pixels, diffuse: Field, highlight: Field, warmth: float) -> Field:
    """The image before the lens, float32 x 3, grey levels."""
    tint = (1.0 - warmth, 1.0, 1.0 + warmth)
    image = field(albedo)
    cv2.multiply(image, cv2.merge([diffuse * share for share in tint]), dst=image)
    cv2.add(image, cv2.merge([highlight * share for share in tint]), dst=image)
    return image


def _through_lens(image: Field, view: View, scale: float) -> Field:
    sharp = field(cv2.GaussianBlur(image, (0, 0), view.blur * scale))
    smear = round(view.motion * scale)
    return field(cv2.blur(sharp, (smear, 1))) if smear > 1 else sharp


def _sensed(image: Field, view: View, rng: np.random.Generator) -> Pixels:
    """Add noise that grows with the light, and cut to 0..255."""
    noise = cut(sensor_noise(), (int(image.shape[0]), int(image.shape[1])), rng)
    # Shot noise grows with the root of the light; this line through its middle costs a third of the time.
    level = image * (view.noise / 160) + view.noise * 0.6
    return np.asarray(cv2.add(image, cv2.multiply(noise, level, dst=level), dtype=cv2.CV_8U), dtype=np.uint8)
