"""annotations.jsonl: one JSON object a line. Boxes as they are: whole pixels, origin top left.

Keys: `file`, `label`, `boxes` of `label`, `x`, `y`, `w`, `h`; `width`, `height`; optional `sha256`, `frame_id`,
`captured_at_us`, `part_id` (or `group`), `product`, `labeler`, `split`. Others are not read.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from consumers.datasets.errors import LabelFileError
from consumers.datasets.formats.annotated import AnnotatedImage, BadRow, BadRowError, whole_box
from schemas.records import Box

ANNOTATIONS: Final = "annotations.jsonl"
_KEPT: Final = ("sha256", "frame_id", "captured_at_us", "part_id", "product", "labeler", "split")


class _Box(msgspec.Struct, frozen=True):
    label: str
    x: int
    y: int
    w: int
    h: int


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    label: str | None = None
    boxes: tuple[_Box, ...] = ()
    width: int = 0
    height: int = 0
    sha256: str | None = None
    frame_id: str | None = None
    captured_at_us: int | None = None
    part_id: str | None = None
    group: str | None = None
    product: str | None = None
    labeler: str | None = None
    split: str | None = None


def write(images: Sequence[AnnotatedImage], folder: Path) -> None:
    """Write `annotations.jsonl` into a folder."""
    with (folder / ANNOTATIONS).open("wb") as file:
        for image in images:
            file.write(line_of(image))


def line_of(image: AnnotatedImage) -> bytes:
    """One line, with its end."""
    boxes = [{"label": box.label, "x": box.x, "y": box.y, "w": box.w, "h": box.h} for box in image.boxes]
    line: dict[str, Any] = {"file": image.file, "label": image.label, "boxes": boxes}
    line |= {"width": image.width, "height": image.height}
    line |= {key: value for key in _KEPT if (value := getattr(image, key)) is not None}
    return msgspec.json.encode(line) + b"\n"


def read(path: Path, _images: Path | None) -> Iterator[AnnotatedImage | BadRow]:
    """Every line of a file, or of the annotations.jsonl of a folder. LabelFileError when there is none."""
    path = path / ANNOTATIONS if path.is_dir() else path
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise LabelFileError(f"{path} can't be read: {error.strerror}") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _image(line, f"{path}:{number}")


def _image(line: bytes, where: str) -> AnnotatedImage | BadRow:
    try:
        read_line = msgspec.json.decode(line, type=_Line)
        boxes = tuple(_box(box, read_line) for box in read_line.boxes)
    except (msgspec.MsgspecError, UnicodeDecodeError, BadRowError) as error:
        return BadRow(where, str(error))
    kept = {key: getattr(read_line, key) for key in _KEPT}
    kept["part_id"] = read_line.part_id or read_line.group
    return AnnotatedImage(
        file=read_line.file,
        label=read_line.label,
        boxes=boxes,
        width=read_line.width,
        height=read_line.height,
        where=where,
        **kept,
    )


def _box(box: _Box, line: _Line) -> Box:
    if not (line.width and line.height):  # the image's own size decides later
        if min(box.x, box.y, box.w - 1, box.h - 1) < 0:
            raise BadRowError(f"box {box.label!r} is empty or outside of the image")
        return Box(label=box.label, x=box.x, y=box.y, w=box.w, h=box.h)
    return whole_box(box.label, box.x, box.y, box.x + box.w, box.y + box.h, line.width, line.height)
