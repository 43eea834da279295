"""How an image looks, as 255 bits: near-twins differ in few of them. A function of the decoded pixels alone.

A perceptual hash by the discrete cosine transform (Zauner 2010, "Implementation and benchmarking of perceptual image
hash functions", 3.2): grey, averaged to 32 x 32, transformed; the 16 x 16 lowest frequencies without the mean, each one
bit: above their median or not. Everything behind the decoder is whole numbers, so every machine gets the same bits;
libjpeg-turbo promises the same pixels from its SIMD and plain code.

The embedding in an inspection is not used: inspections are kept for 30 days, and it depends on the model that judged,
so building a dataset again would not give the same splits.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from consumers.inference.decode import decode
from consumers.inference.errors import InferenceError
from consumers.inference.picture import Pixels, as_pixels

VERSION: Final = 1  # of these rules: raise it when any of them changes, as splits may then differ
SIDE: Final = 32
FREQUENCIES: Final = 16
BITS: Final = FREQUENCIES * FREQUENCIES - 1
# Measured on the five sets beside the repository: the same shot stored again (JPEG quality 70, noise of 3 grey levels,
# 5 % brighter, half the size) differs in at most 14 bits; two different shots in at least 20, most in 40 to 90, but
# for one set that shows the same place 16.
TWIN_BITS: Final = 16

_SCALE: Final = 1 << 14  # of the cosines, as whole numbers


@dataclass(frozen=True, slots=True)
class Look:
    """Size in pixels and the 255 bits as 64 hex digits; bits None when the bytes are no whole picture."""

    width: int
    height: int
    bits: str | None


def look_at(data: bytes, maximum_pixels: int) -> Look:
    """Decode an image and take its look; an image that can't be decoded has none, and 0 x 0 pixels."""
    try:
        picture = decode(data, maximum_pixels=maximum_pixels)
    except InferenceError:
        return Look(0, 0, None)
    return Look(picture.width, picture.height, look_bits(picture.pixels))


def look_bits(pixels: Pixels) -> str:
    """The 255 bits of decoded pixels (rows, columns, 3) BGR or (rows, columns) grey, as 64 hex digits."""
    grey = pixels if pixels.ndim == 2 else as_pixels(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
    thumbnail = _averaged(grey)
    lowest = (_COSINES @ thumbnail @ _COSINES.T).ravel()[1:]
    bits = lowest > np.sort(lowest)[BITS // 2]
    return np.packbits(bits).tobytes().hex()


def unpack(bits: str) -> NDArray[np.uint64]:
    """The bits as 4 numbers of 64, for `distances`."""
    return np.frombuffer(bytes.fromhex(bits), np.uint64)


def distances(one: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.int64]:
    """In how many bits a look (4,) differs from each of others (n, 4)."""
    different: NDArray[np.int64] = np.bitwise_count(others ^ one).sum(axis=1, dtype=np.int64)
    return different


def _averaged(grey: Pixels) -> NDArray[np.int64]:
    """Mean grey of 32 x 32 cells in 1/256 steps, rounded down; a pixel on a border counts for both by its share."""
    rows, columns = grey.shape
    # Sums of whole numbers below 2^53: exact as doubles. Interpolated in 32nds of a pixel: whole numbers again.
    sums = cv2.integral(grey, sdepth=cv2.CV_64F)
    corners = _between(_between(sums, rows).T, columns).T
    cells = np.diff(np.diff(corners, axis=0), axis=1)
    means: NDArray[np.int64] = cells * 256 // (rows * columns)
    return means


def _between(sums: NDArray[Any], length: int) -> NDArray[np.int64]:
    """Rows of a summed picture at the 33 borders of its cells, 32 times too large."""
    whole, part = np.divmod(np.arange(SIDE + 1) * length, SIDE)
    following = np.minimum(whole + 1, length)
    before, after = sums[whole].astype(np.int64), sums[following].astype(np.int64)
    borders: NDArray[np.int64] = before * (SIDE - part)[:, None] + after * part[:, None]
    return borders


def _cosines() -> NDArray[np.int64]:
    """The 16 lowest rows of the 32-point DCT-II, as whole numbers."""
    frequency, place = np.mgrid[0:FREQUENCIES, 0:SIDE]
    waves = np.cos(np.pi * frequency * (2 * place + 1) / (2 * SIDE)) * _SCALE
    whole: NDArray[np.int64] = np.rint(waves).astype(np.int64)
    return whole


_COSINES: Final = _cosines()
