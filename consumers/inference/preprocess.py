"""From a decoded picture to a network's input tensor, as `model.json` says; trainer and edge both use this.

The one place where geometry, colour and numbers are decided. Normalisation goes through a table of 256 values per
channel, which is exact and folds the quantisation of int8 inputs in.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from consumers.inference.document import InputSpec, Interpolation, ModelDocument, Preprocessing
from consumers.inference.errors import InferenceError
from consumers.inference.picture import Geometry, Picture, PixelRegion, Pixels, as_pixels

INTERPOLATIONS: Final[dict[Interpolation, int]] = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "area": cv2.INTER_AREA,
    "cubic": cv2.INTER_CUBIC,
}
_DTYPES: Final[dict[str, Any]] = {"float32": np.float32, "uint8": np.uint8, "int8": np.int8}


@dataclass(frozen=True, slots=True)
class _Placement:
    """How a source of some size lands in the input: resized to (width, height), then padded or cropped by left/top."""

    width: int
    height: int
    left: int
    top: int


class Preprocessor:
    """Executes the input and preprocessing parts of one document. Immutable after construction, safe across threads."""

    def __init__(self, document: ModelDocument) -> None:
        self._spec = document.input
        self._steps = document.preprocessing
        self._table = _lookup_table(self._spec, self._steps)

    def run(self, picture: Picture, region: PixelRegion | None = None) -> tuple[NDArray[Any], Geometry]:
        """Return the input tensor (1, height, width, channels) or (1, channels, height, width) and its geometry.

        `region` (an edge's own) takes the place of the document's. InferenceError when it lies outside the picture.
        """
        pixels, geometry = self.pixels(picture, region)
        return self.normalise(pixels), geometry

    def pixels(self, picture: Picture, region: PixelRegion | None = None) -> tuple[Pixels, Geometry]:
        """Return crop, resize and colour only: uint8 (height, width, channels) in the document's colour order.

        Training augments these and then calls `normalise`, so that nothing differs from the edge.
        """
        view, wanted = _crop(picture, region or _document_region(self._steps, picture))
        placement = _place(self._spec, self._steps, wanted.width, wanted.height)
        resized = _resize(view, placement, INTERPOLATIONS[self._steps.interpolation])
        placed = _pad_or_crop(resized, self._spec, placement, self._steps.fill)
        geometry = Geometry(
            scale_x=placement.width / wanted.width,
            scale_y=placement.height / wanted.height,
            offset_x=placement.left,
            offset_y=placement.top,
            origin_x=wanted.x,
            origin_y=wanted.y,
            width=picture.width,
            height=picture.height,
        )
        return _colour(placed, self._steps.colour), geometry

    def normalise(self, pixels: Pixels) -> NDArray[Any]:
        """Return (pixel - mean) * scale, quantised for integer inputs, with a batch axis of 1, from uint8 (h, w, c)."""
        values: NDArray[Any] = pixels if self._table is None else cv2.LUT(pixels, self._table)
        shaped = values.reshape(self._spec.height, self._spec.width, self._spec.channels)
        if self._spec.layout == "nchw":
            shaped = np.ascontiguousarray(shaped.transpose(2, 0, 1))
        return shaped[np.newaxis]


def _lookup_table(spec: InputSpec, steps: Preprocessing) -> NDArray[Any] | None:
    """Return the value of each pixel value per channel, (1, 256, channels), or None when that changes nothing."""
    levels = np.arange(256, dtype=np.float64)[:, np.newaxis]
    values = (levels - np.asarray(steps.mean)) * np.asarray(steps.scale)
    dtype = _DTYPES[spec.dtype]
    if spec.quantisation is not None:
        values = np.round(values / spec.quantisation.scale) + spec.quantisation.zero_point
    if spec.dtype != "float32":
        limits = np.iinfo(dtype)
        values = np.clip(np.round(values), limits.min, limits.max)
        if spec.dtype == "uint8" and np.array_equal(values, np.broadcast_to(levels, values.shape)):
            return None
    return np.ascontiguousarray(values.astype(dtype).reshape(1, 256, spec.channels))


def _document_region(steps: Preprocessing, picture: Picture) -> PixelRegion:
    region = steps.region
    if region is None:
        return PixelRegion(0, 0, picture.width, picture.height)
    x, y = int(region.x * picture.width), int(region.y * picture.height)
    width = max(1, min(round(region.width * picture.width), picture.width - x))
    height = max(1, min(round(region.height * picture.height), picture.height - y))
    return PixelRegion(x, y, width, height)


def _crop(picture: Picture, wanted: PixelRegion) -> tuple[Pixels, PixelRegion]:
    """Return the view of the pixels below a region of the captured image, and the region they really cover."""
    inside = wanted.x >= 0 and wanted.y >= 0 and wanted.width >= 1 and wanted.height >= 1
    if not inside or wanted.x + wanted.width > picture.width or wanted.y + wanted.height > picture.height:
        size = f"{picture.width} x {picture.height}"
        raise InferenceError(f"region of interest {wanted} lies outside the {size} picture: correct the configuration")
    rows, columns = picture.pixels.shape[:2]
    if (wanted.width, wanted.height) == (picture.width, picture.height):
        return picture.pixels, wanted
    across, down = columns / picture.width, rows / picture.height
    x0, y0 = int(wanted.x * across), int(wanted.y * down)
    x1 = max(x0 + 1, min(round((wanted.x + wanted.width) * across), columns))
    y1 = max(y0 + 1, min(round((wanted.y + wanted.height) * down), rows))
    return picture.pixels[y0:y1, x0:x1], wanted


def _place(spec: InputSpec, steps: Preprocessing, width: int, height: int) -> _Placement:
    if steps.resize == "stretch":
        return _Placement(spec.width, spec.height, 0, 0)
    ratios = spec.width / width, spec.height / height
    scale = min(ratios) if steps.resize == "letterbox" else max(ratios)
    new_width, new_height = max(1, round(width * scale)), max(1, round(height * scale))
    if steps.resize == "letterbox":
        new_width, new_height = min(new_width, spec.width), min(new_height, spec.height)
    return _Placement(new_width, new_height, (spec.width - new_width) // 2, (spec.height - new_height) // 2)


def _resize(view: Pixels, placement: _Placement, interpolation: int) -> Pixels:
    if view.shape[:2] == (placement.height, placement.width):
        return view
    # Area averaging is for shrinking only: growing with it repeats pixels, so linear takes over.
    if interpolation == cv2.INTER_AREA and (placement.width > view.shape[1] or placement.height > view.shape[0]):
        interpolation = cv2.INTER_LINEAR
    return as_pixels(cv2.resize(view, (placement.width, placement.height), interpolation=interpolation))


def _pad_or_crop(resized: Pixels, spec: InputSpec, placement: _Placement, fill: int) -> Pixels:
    top, left = max(-placement.top, 0), max(-placement.left, 0)
    part = resized[top : top + spec.height, left : left + spec.width]
    if part.shape[:2] == (spec.height, spec.width):
        return part
    whole = np.full((spec.height, spec.width, *part.shape[2:]), fill, np.uint8)
    y, x = max(placement.top, 0), max(placement.left, 0)
    whole[y : y + part.shape[0], x : x + part.shape[1]] = part
    return whole


def _colour(pixels: Pixels, colour: str) -> Pixels:
    is_grey = pixels.ndim == 2
    if colour == "grey":
        grey = pixels if is_grey else as_pixels(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
        return grey[:, :, np.newaxis]
    if is_grey:
        return as_pixels(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR))
    return as_pixels(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)) if colour == "rgb" else np.ascontiguousarray(pixels)
