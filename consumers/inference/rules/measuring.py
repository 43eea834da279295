"""What each measure step does: from pixels (uint8) to a value and the places behind it. Pure; inputs never change."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from consumers.inference.errors import RecipeError
from consumers.inference.picture import Pixels, as_pixels
from consumers.inference.rules.filters import single_channel
from consumers.inference.rules.measures import (
    Circles,
    Contours,
    Discs,
    Intensity,
    Measure,
    Place,
    Places,
    Template,
)

MAXIMUM_REGIONS: Final = 200
"""Regions looked at per picture, largest first: a mask of pure noise must not stop the line."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the current picture (pixels) and its own measured value."""

    x: int
    y: int
    width: int
    height: int
    value: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure's value, and the places to draw boxes round."""

    value: float
    spots: tuple[Spot, ...] = ()


def ramp(step: Measure, value: float) -> float:
    """Return the score (0..1) of a value: linear between `zero_at` and `one_at`, flat beyond."""
    return float(min(max((value - step.zero_at) / (step.one_at - step.zero_at), 0.0), 1.0))


def measure_contours(step: Contours, mask: Pixels, strength: Pixels | None) -> Measured:
    """Measure the white regions of a mask; `strength` is the picture named by `of`, of the mask's shape."""
    regions = [region for region in _regions(step, single_channel(mask), strength) if region is not None]
    if step.measure == "count":
        return Measured(_missing_or_found(len(regions), step.expected), tuple(regions))
    values = [region.value for region in regions]
    total = sum(values) if step.measure == "area" else max(values, default=0.0)
    return Measured(float(total), tuple(regions))


def measure_circles(step: Circles, pixels: Pixels) -> Measured:
    """Count circles."""
    grey = cv2.medianBlur(np.ascontiguousarray(single_channel(pixels)), 5)
    found = cv2.HoughCircles(
        grey,
        cv2.HOUGH_GRADIENT,
        dp=1,
        minDist=step.distance,
        param1=step.gradient,
        param2=step.votes,
        minRadius=round(step.minimum_radius),
        maxRadius=round(step.maximum_radius),
    )
    circles = np.zeros((0, 3)) if found is None else np.asarray(found, np.float64).reshape(-1, 3)
    spots = tuple(_square(x, y, radius) for x, y, radius in circles[:MAXIMUM_REGIONS])
    return Measured(_missing_or_found(len(circles), step.expected), spots)


def measure_template(step: Template, pixels: Pixels) -> Measured:
    """Look for a given picture."""
    return _correlated(step, decode_template(step.png), single_channel(pixels))


def measure_discs(step: Discs, pixels: Pixels) -> Measured:
    """Look for round spots."""
    return _correlated(step, _drawn_disc(step.radius, step.polarity), single_channel(pixels))


def measure_places(step: Places, pixels: Pixels) -> Measured:
    """Measure each expected place; the value is that of the place with the highest score."""
    grey = single_channel(pixels)
    spots = [_place(step, place, grey) for place in step.places]
    worst = max(spots, key=lambda spot: ramp(step, spot.value))
    return Measured(worst.value, tuple(spot for spot in spots if ramp(step, spot.value) >= 0.5))


def measure_intensity(step: Intensity, pixels: Pixels) -> Measured:
    """Measure the greys of the whole picture."""
    grey = single_channel(pixels)
    match step.measure:
        case "mean":
            return Measured(float(grey.mean()))
        case "deviation":
            return Measured(float(grey.std()))
        case "minimum":
            return Measured(float(grey.min()))
        case "maximum":
            return Measured(float(grey.max()))
        case "percentile":
            return Measured(float(np.percentile(grey, step.percentile)))


def _correlated(step: Template | Discs, template: Pixels, grey: Pixels) -> Measured:
    """Correlate, and find local maxima: of matches closer than a template only the best counts."""
    rows, columns = template.shape
    if rows > grey.shape[0] or columns > grey.shape[1]:
        return Measured(_missing_or_found(0, step.expected) if step.measure == "count" else 0.0)
    matches = np.nan_to_num(cv2.matchTemplate(grey, template, cv2.TM_CCOEFF_NORMED))
    highest = cv2.dilate(matches, np.ones((rows | 1, columns | 1), np.uint8))
    ys, xs = np.nonzero((matches >= step.match) & (matches == highest))
    places = sorted(zip(ys.tolist(), xs.tolist(), strict=True), key=lambda place: -matches[place])
    apart = _apart(places, rows // 2, columns // 2)
    spots = tuple(Spot(x, y, columns, rows, float(matches[y, x])) for y, x in apart)
    value = _missing_or_found(len(spots), step.expected) if step.measure == "count" else float(matches.max())
    return Measured(value, spots)


def _apart(places: list[tuple[int, int]], rows: int, columns: int) -> list[tuple[int, int]]:
    """Keep the first of places that lie within (rows, columns) of each other: equal neighbours are all maxima."""
    kept: list[tuple[int, int]] = []
    for y, x in places:
        if len(kept) == MAXIMUM_REGIONS:
            break
        if all(abs(y - other_y) > rows or abs(x - other_x) > columns for other_y, other_x in kept):
            kept.append((y, x))
    return kept


@lru_cache(maxsize=64)
def _drawn_disc(radius: float, polarity: str) -> Pixels:
    """Return a square of four radii with a disc whose edge is soft over two pixels."""
    side = max(5, round(4 * radius))
    across = np.arange(side) - (side - 1) / 2
    distance = np.hypot(across[np.newaxis], across[:, np.newaxis])
    outside = np.clip((distance - radius) / 2 + 0.5, 0, 1)
    drawn = 255 * (outside if polarity == "dark" else 1 - outside)
    return as_pixels(np.asarray(drawn.round(), np.uint8))


@lru_cache(maxsize=64)
def decode_template(png: bytes) -> Pixels:
    """Return a template's grey pixels; RecipeError when the bytes are no picture."""
    template = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    if template is None:
        raise RecipeError("template png is no readable picture: give a PNG file in base64")
    return as_pixels(template)


def _missing_or_found(count: int, expected: int | None) -> float:
    return float(count if expected is None else max(expected - count, 0))


def _regions(step: Contours, mask: Pixels, strength: Pixels | None) -> list[Spot | None]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    areas = stats[1:, cv2.CC_STAT_AREA]
    fitting = np.nonzero((areas >= step.minimum_area) & (areas <= step.maximum_area))[0]
    largest = fitting[np.argsort(-areas[fitting], kind="stable")][:MAXIMUM_REGIONS]
    return [_region(step, int(index) + 1, labels, stats[index + 1], strength) for index in largest]


def _region(
    step: Contours, index: int, labels: NDArray[Any], stats: NDArray[Any], strength: Pixels | None
) -> Spot | None:
    """Return a region's place and value when it lies within the step's limits."""
    x, y, width, height, area = (int(number) for number in stats)
    inside = labels[y : y + height, x : x + width] == index
    points = cv2.findNonZero(inside.astype(np.uint8))
    sides = sorted(float(side) + 1 for side in cv2.minAreaRect(points)[1])  # + 1: from pixel centres to pixel edges
    shorter, longer = sides
    fits_length = step.minimum_length <= longer <= step.maximum_length
    fits_aspect = step.minimum_aspect <= longer / shorter <= step.maximum_aspect
    if not (fits_length and fits_aspect and area / (longer * shorter) >= step.minimum_fill):
        return None
    value = float(area)
    if step.measure == "longest":
        value = longer
    if step.measure == "strength" and strength is not None:
        value = float(strength[y : y + height, x : x + width][inside].sum()) / 255
    return Spot(x, y, width, height, value)


def _square(x: float, y: float, radius: float) -> Spot:
    side = max(1, round(2 * radius))
    return Spot(round(x - radius), round(y - radius), side, side, 1.0)


def _place(step: Places, place: Place, grey: Pixels) -> Spot:
    rows, columns = grey.shape
    radius = max(1, round(place.radius * columns))
    x, y = round(place.x * (columns - 1)), round(place.y * (rows - 1))
    reach = radius if step.measure != "contrast" else round(radius * 2**0.5) + 1
    y0, x0 = max(y - reach, 0), max(x - reach, 0)
    field = grey[y0 : y + reach + 1, x0 : x + reach + 1]
    across, down = np.arange(x0, x0 + field.shape[1]) - x, np.arange(y0, y0 + field.shape[0]) - y
    squares = down[:, np.newaxis] ** 2 + across[np.newaxis] ** 2
    disc, ring = field[squares <= radius**2], field[(squares > radius**2) & (squares <= 2 * radius**2)]
    value = _place_value(step, disc, ring)
    return Spot(max(x - radius, 0), max(y - radius, 0), 2 * radius, 2 * radius, value)


def _place_value(step: Places, disc: Pixels, ring: Pixels) -> float:
    match step.measure:
        case "mean":
            return float(disc.mean())
        case "deviation":
            return float(disc.std())
        case "dark":
            return float((disc < step.level).mean())
        case "bright":
            return float((disc > step.level).mean())
        case "contrast":
            return float(disc.mean()) - float(ring.mean() if ring.size else disc.mean())
