"""What each picture step does: pure functions from pixels (uint8) to new pixels; the input is never changed.

Steps that need one channel make a colour picture grey first.
"""

from typing import Final

import cv2
import numpy as np

from consumers.inference.picture import Pixels, as_pixels
from consumers.inference.rules import steps

_CHANNELS: Final = {
    "blue": 0,
    "green": 1,
    "red": 2,
    "hue": 0,
    "saturation": 1,
    "value": 2,
    "lightness": 0,
    "a": 1,
    "b": 2,
}
_CONVERSIONS: Final = {
    **dict.fromkeys(("hue", "saturation", "value"), cv2.COLOR_BGR2HSV),
    **dict.fromkeys(("lightness", "a", "b"), cv2.COLOR_BGR2LAB),
}
_OPERATIONS: Final = {
    "open": cv2.MORPH_OPEN,
    "close": cv2.MORPH_CLOSE,
    "erode": cv2.MORPH_ERODE,
    "dilate": cv2.MORPH_DILATE,
    "gradient": cv2.MORPH_GRADIENT,
    "tophat": cv2.MORPH_TOPHAT,
    "blackhat": cv2.MORPH_BLACKHAT,
}
_SHAPES: Final = {"ellipse": cv2.MORPH_ELLIPSE, "rectangle": cv2.MORPH_RECT, "cross": cv2.MORPH_CROSS}
_MINIMUM_SIGMA: Final = 1.0  # greys: on a very even picture the robust deviation is 0, and noise of 1 is no defect


def single_channel(pixels: Pixels) -> Pixels:
    """Return the picture as (rows, columns), weighted grey where it was in colour."""
    return pixels if pixels.ndim == 2 else as_pixels(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))


def apply_channel(step: steps.Channel, pixels: Pixels) -> Pixels:
    """Keep one channel."""
    if step.channel == "grey" or pixels.ndim == 2:
        return single_channel(pixels)
    conversion = _CONVERSIONS.get(step.channel)
    converted = pixels if conversion is None else as_pixels(cv2.cvtColor(pixels, conversion))
    return np.ascontiguousarray(converted[:, :, _CHANNELS[step.channel]])


def apply_blur(step: steps.Blur, pixels: Pixels) -> Pixels:
    """Smooth by one of four methods."""
    if step.method == "bilateral":
        # A bilateral filter wider than this takes seconds; sigmas follow OpenCV's advice for visible smoothing.
        return as_pixels(cv2.bilateralFilter(pixels, min(step.size, 15), 50, step.size))
    return _smooth(step.method, pixels, step.size)


def apply_clahe(step: steps.Clahe, pixels: Pixels) -> Pixels:
    """Equalise contrast locally."""
    return as_pixels(cv2.createCLAHE(step.clip, (step.tiles, step.tiles)).apply(single_channel(pixels)))


def apply_normalise(step: steps.Normalise, pixels: Pixels) -> Pixels:
    """Stretch between two percentiles; an even picture becomes 0."""
    grey = single_channel(pixels)
    low, high = np.percentile(grey, (step.low, step.high))
    gain = 255.0 / (high - low) if high > low else 0.0
    table = np.clip((np.arange(256) - low) * gain, 0, 255).round().astype(np.uint8)
    return as_pixels(cv2.LUT(grey, table))


def apply_background(step: steps.Background, pixels: Pixels) -> Pixels:
    """Subtract the smoothed surroundings."""
    grey = single_channel(pixels)
    around = _smooth(step.method, grey, step.size)
    if step.polarity == "both":
        difference = cv2.absdiff(grey, around)
    else:
        difference = cv2.subtract(around, grey) if step.polarity == "dark" else cv2.subtract(grey, around)
    return as_pixels(difference if step.gain == 1.0 else cv2.convertScaleAbs(difference, alpha=step.gain))


def apply_threshold(step: steps.Threshold, pixels: Pixels) -> Pixels:
    """Make a mask of 255 and 0."""
    grey = single_channel(pixels)
    if step.method == "adaptive":
        kind = cv2.THRESH_BINARY if step.side == "above" else cv2.THRESH_BINARY_INV
        size = _odd(step.size)
        return as_pixels(cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, kind, size, -step.offset))
    level = _level(step, grey)
    mask = grey > level if step.side == "above" else grey < level
    return mask.astype(np.uint8) * np.uint8(255)


def apply_morphology(step: steps.Morphology, pixels: Pixels) -> Pixels:
    """Grow, shrink, open, close."""
    element = cv2.getStructuringElement(_SHAPES[step.shape], (step.size, step.size))
    return as_pixels(cv2.morphologyEx(pixels, _OPERATIONS[step.operation], element, iterations=step.iterations))


def apply_edges(step: steps.Edges, pixels: Pixels) -> Pixels:
    """Find edges: a mask (canny) or their strength, cut at 255 (sobel, laplacian)."""
    grey = single_channel(pixels)
    if step.method == "canny":
        return as_pixels(cv2.Canny(grey, step.low, step.high))
    if step.method == "laplacian":
        return as_pixels(cv2.convertScaleAbs(cv2.Laplacian(grey, cv2.CV_16S)))
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    return as_pixels(cv2.convertScaleAbs(cv2.magnitude(across, down)))


def apply_invert(_step: steps.Invert, pixels: Pixels) -> Pixels:
    """Swap dark and bright."""
    return as_pixels(cv2.bitwise_not(pixels))


def apply_border(step: steps.Border, pixels: Pixels) -> Pixels:
    """Blank a frame round the picture."""
    blank = np.zeros_like(pixels)
    rows, columns = pixels.shape[:2]
    if 2 * step.margin < min(rows, columns):
        inner = slice(step.margin, rows - step.margin), slice(step.margin, columns - step.margin)
        blank[inner] = pixels[inner]
    return blank


def apply_combine(step: steps.Combine, pixels: Pixels, other: Pixels) -> Pixels:
    """Combine two pictures of one shape."""
    match step.operation:
        case "and":
            return as_pixels(cv2.bitwise_and(pixels, other))
        case "or":
            return as_pixels(cv2.bitwise_or(pixels, other))
        case "subtract":
            return as_pixels(cv2.subtract(pixels, other))
        case "difference":
            return as_pixels(cv2.absdiff(pixels, other))
        case "minimum":
            return as_pixels(cv2.min(pixels, other))
        case "maximum":
            return as_pixels(cv2.max(pixels, other))


def _odd(size: int) -> int:
    return size | 1


def _smooth(method: str, pixels: Pixels, size: int) -> Pixels:
    if method == "median":
        return as_pixels(cv2.medianBlur(np.ascontiguousarray(pixels), _odd(size)))
    if method == "mean":
        return as_pixels(cv2.blur(pixels, (_odd(size), _odd(size))))
    return as_pixels(cv2.GaussianBlur(pixels, (_odd(size), _odd(size)), 0))


def _level(step: steps.Threshold, grey: Pixels) -> float:
    if step.method == "otsu":
        # Otsu's level belongs to the darker class: half a grey above it, both sides split the same way.
        return float(cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]) + 0.5
    if step.method == "deviation":
        middle, sigma = _median_and_deviation(grey)
        return middle + (step.deviations if step.side == "above" else -step.deviations) * sigma
    return step.level


def _median_and_deviation(grey: Pixels) -> tuple[float, float]:
    """Return the median and 1.4826 x the median absolute deviation (Hampel 1974), from the histogram."""
    counts = np.bincount(grey.ravel(), minlength=256)
    half = grey.size / 2
    middle = int(np.searchsorted(np.cumsum(counts), half))
    distances = np.bincount(np.abs(np.arange(256) - middle), weights=counts, minlength=256)
    deviation = int(np.searchsorted(np.cumsum(distances), half))
    return float(middle), max(1.4826 * deviation, _MINIMUM_SIGMA)
