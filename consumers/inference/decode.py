"""From image bytes to pixels, by OpenCV, refusing what is no whole picture.

Decided here, once, for trainer and edge: EXIF orientation is ignored (a camera on a line does not turn, and boxes are
in pixels as stored), transparency is dropped, 16-bit samples keep their upper 8 bits.
"""

from typing import Final

import cv2
import numpy as np

from consumers.inference.document import ModelDocument
from consumers.inference.errors import DecodeError
from consumers.inference.picture import Picture, PixelRegion, Pixels, as_pixels
from producers.errors import HeaderError
from producers.sources.headers import ImageHeader, read_header

MAXIMUM_PIXELS: Final = 200_000_000
REDUCTION_MARGIN: Final = 2
"""A reduced picture keeps at least this many pixels per pixel of the input on each axis, so that the area averaging
which follows, not the decoder, decides what the network sees."""
MINIMUM_SIDE: Final = 256
"""A reduced picture's longer side is at least this, so that brightness and blur stay comparable (statistics.py)."""

_COLOUR: Final = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
_GREY: Final = {
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
_HEAD: Final = 65536  # bytes searched for the marker of a progressive frame; a chance hit only costs a second decoding
_STRAY_BITS: Final = bytes(range(1, 251, 2))  # any mix of short and long codes without 0xff
# OpenCV would otherwise write a line to stderr for each broken picture; DecodeError says it instead.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def decode(
    data: bytes,
    document: ModelDocument | None = None,
    maximum_pixels: int = MAXIMUM_PIXELS,
    region: PixelRegion | None = None,
) -> Picture:
    """Return the picture in `data`: uint8, (rows, columns, 3) BGR, or (rows, columns) for a grey document.

    With a document, JPEGs far larger than the model's input are decoded at 1/2, 1/4 or 1/8 size (see `reduction_for`);
    `region` is the edge's own region of interest.
    DecodeError says why bytes are no usable picture: empty, no known format, more than `maximum_pixels`, cut off.
    """
    header = _header(data, maximum_pixels)
    reduction = 1 if document is None else reduction_for(header, document, region)
    grey = document is not None and document.preprocessing.colour == "grey"
    pixels = _pixels(data, reduction, grey=grey)
    if pixels is None:
        raise DecodeError(f"{_described(data, header)}: cut off or damaged, OpenCV cannot decode it")
    if pixels.shape[:2] != (header.height // reduction, header.width // reduction):
        raise DecodeError(f"{_described(data, header)}: its pixels are {pixels.shape[1]} x {pixels.shape[0]}")
    if header.content_type == "image/jpeg" and _is_cut_off(data, pixels):
        raise DecodeError(f"{_described(data, header)}: cut off, its last rows are missing")
    return Picture(pixels=pixels, width=header.width, height=header.height, reduction=reduction)


def reduction_for(header: ImageHeader, document: ModelDocument, region: PixelRegion | None = None) -> int:
    """Return 1, 2, 4 or 8: the largest reduction that leaves REDUCTION_MARGIN x the pixels the input needs.

    It divides both sides without rest, so that a reduced pixel stands for exactly that many. Only JPEG decodes faster
    when reduced (in the cosine domain); other formats return 1.
    """
    if header.content_type != "image/jpeg":
        return 1
    needed = REDUCTION_MARGIN * _scale_needed(header, document, region)
    longer = max(header.width, header.height)
    whole = [factor for factor in (2, 4, 8) if header.width % factor == 0 and header.height % factor == 0]
    return max((factor for factor in whole if factor * needed <= 1 and longer >= MINIMUM_SIDE * factor), default=1)


def _scale_needed(header: ImageHeader, document: ModelDocument, region: PixelRegion | None) -> float:
    """Return the input's pixels per captured pixel on the axis that is shrunk least."""
    share = document.preprocessing.region
    width, height = float(header.width), float(header.height)
    if region is not None:
        width, height = max(region.width, 1), max(region.height, 1)
    elif share is not None:
        width, height = width * share.width, height * share.height
    ratios = document.input.width / width, document.input.height / height
    return min(ratios) if document.preprocessing.resize == "letterbox" else max(ratios)


def _header(data: bytes, maximum_pixels: int) -> ImageHeader:
    try:
        header = read_header(data)
    except HeaderError as error:
        raise DecodeError(str(error)) from error
    if header.width * header.height > maximum_pixels:
        size = f"{header.width} x {header.height} pixels"
        raise DecodeError(f"{_described(data, header)}: {size}, more than the {maximum_pixels} allowed")
    return header


def _described(data: bytes, header: ImageHeader) -> str:
    return f"{header.content_type} of {header.width} x {header.height} pixels in {len(data)} bytes"


def _pixels(data: bytes, reduction: int, *, grey: bool) -> Pixels | None:
    flags = (_GREY if grey else _COLOUR)[reduction] | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (cv2.error, MemoryError):
        return None
    return None if pixels is None else as_pixels(pixels)


def _is_cut_off(data: bytes, pixels: Pixels) -> bool:
    """Tell whether a JPEG that decoded was cut off before its end marker was put back.

    Without an end marker OpenCV refuses it. With one, libjpeg fills what is missing with middle grey (128), and a
    progressive one only gets coarser: both are suspicious, and proven by decoding again with stray bits before the end
    marker. A whole picture has used up its bits and does not change; a cut one takes the stray bits for what it lacks.
    """
    progressive = b"\xff\xc2" in data[:_HEAD]
    if not progressive and not np.all(pixels[-4:, -4:] == 128):
        return False
    end = data.rfind(b"\xff\xd9")
    longer = data[:end].rstrip(b"\xff") + _STRAY_BITS + data[end:]
    before, after = _pixels(data, 1, grey=False), _pixels(longer, 1, grey=False)
    return before is None or after is None or not np.array_equal(before, after)
