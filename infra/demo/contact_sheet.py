"""A contact sheet: inspected images side by side, with white boxes and verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from infra.demo.errors import DemoError
from schemas.records import Box, Inspection, Truth

# Colours of verdicts everywhere (CONSOLE.md), as BGR: blue-green, vermilion, amber, grey.
VERDICT_COLOURS: Final = {
    "pass": (115, 158, 0),
    "fail": (0, 94, 213),
    "review": (0, 159, 230),
    "error": (127, 127, 127),
}
_WIDTH, _HEIGHT, _CAPTION, _GAP = 320, 240, 46, 12  # pixels of one tile, its caption and the gap between tiles
_PAPER: Final = (24, 24, 24)
_INK: Final = (235, 235, 235)
_FAINT: Final = (160, 160, 160)
_FONT: Final = 0  # cv2.FONT_HERSHEY_SIMPLEX

Picture = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True, slots=True)
class Tile:
    """One inspected image as it lies in Kafka, and what was said of it."""

    image: bytes
    inspection: Inspection
    truth: Truth | None


def contact_sheet(tiles: Sequence[Tile], title: str, columns: int = 4) -> Picture:
    """Draw tiles in rows of `columns`; uint8 BGR of shape (height, width, 3)."""
    import cv2

    rows = max(1, -(-len(tiles) // columns))
    height = _GAP + 40 + rows * (_HEIGHT + _CAPTION + _GAP)
    sheet: Picture = np.full((height, _GAP + columns * (_WIDTH + _GAP), 3), _PAPER, np.uint8)
    cv2.putText(sheet, title, (_GAP, 36), _FONT, 0.7, _INK, 1, cv2.LINE_AA)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        x, y = _GAP + column * (_WIDTH + _GAP), _GAP + 40 + row * (_HEIGHT + _CAPTION + _GAP)
        sheet[y : y + _HEIGHT + _CAPTION, x : x + _WIDTH] = _draw(tile)
    return sheet


def _draw(tile: Tile) -> Picture:
    import cv2

    picture: Picture = np.full((_HEIGHT + _CAPTION, _WIDTH, 3), _PAPER, np.uint8)
    decoded = cv2.imdecode(np.frombuffer(tile.image, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        cv2.putText(picture, "not decodable", (90, _HEIGHT // 2), _FONT, 0.6, _FAINT, 1, cv2.LINE_AA)
    else:
        _place(picture, decoded.astype(np.uint8, copy=False), tile.inspection.boxes)
    _caption(picture, tile)
    return picture


def _place(picture: Picture, image: Picture, boxes: Sequence[Box]) -> None:
    import cv2

    height, width = image.shape[:2]
    scale = min(_WIDTH / width, _HEIGHT / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (_WIDTH - size[0]) // 2, (_HEIGHT - size[1]) // 2
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    for box in boxes:
        corner = round(box.x * scale), round(box.y * scale)
        opposite = round((box.x + box.w) * scale), round((box.y + box.h) * scale)
        # A dark halo keeps the white line visible on bright metal.
        cv2.rectangle(small, corner, opposite, (20, 20, 20), 5, cv2.LINE_AA)
        cv2.rectangle(small, corner, opposite, (255, 255, 255), 2, cv2.LINE_AA)
    picture[top : top + size[1], left : left + size[0]] = small


def _caption(picture: Picture, tile: Tile) -> None:
    import cv2

    inspection = tile.inspection
    colour = VERDICT_COLOURS[inspection.verdict]
    cv2.rectangle(picture, (0, _HEIGHT), (_WIDTH - 1, _HEIGHT + 4), colour, -1)
    said = f"{inspection.verdict}  {inspection.score:.2f}"
    cv2.putText(picture, said, (2, _HEIGHT + 22), _FONT, 0.52, colour, 1, cv2.LINE_AA)
    details = inspection.defect_class or inspection.reason or ""
    truth = f"truth: {tile.truth.label}" if tile.truth else ""
    _write(picture, details, _WIDTH - 2, _HEIGHT + 22, 0.45, _INK)
    _write(picture, truth, _WIDTH - 2, _HEIGHT + 40, 0.4, _FAINT)
    name = f"{inspection.edge_id}  {inspection.frame_id}"
    cv2.putText(picture, _ascii(name)[:28], (2, _HEIGHT + 40), _FONT, 0.4, _FAINT, 1, cv2.LINE_AA)


def _write(picture: Picture, text: str, right: int, y: int, size: float, ink: tuple[int, int, int]) -> None:
    """Write text that ends at `right`."""
    import cv2

    shown = _ascii(text)[:24]
    (width, _), _ = cv2.getTextSize(shown, _FONT, size, 1)
    cv2.putText(picture, shown, (right - width, y), _FONT, size, ink, 1, cv2.LINE_AA)


def _ascii(text: str) -> str:
    """OpenCV's fonts know only ASCII."""
    return text.encode("ascii", "replace").decode()


def write_sheet(tiles: Sequence[Tile], title: str, path: Path) -> None:
    """Write the sheet as PNG; DemoError when the file can't be written."""
    import cv2

    ok, data = cv2.imencode(".png", contact_sheet(tiles, title))
    if not ok:
        raise DemoError(f"the contact sheet {path} could not be encoded")
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise DemoError(f"the contact sheet can't be written to {path}: {error.strerror}") from error
