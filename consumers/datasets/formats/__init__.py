"""Label files of other tools: read and written so that whole-pixel boxes come back exactly."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple, get_args

from consumers.datasets.formats import coco, jsonl, label_studio, voc, yolo
from consumers.datasets.formats.annotated import AnnotatedImage, BadRow, label_of_boxes

LabelFormat = Literal["jsonl", "coco", "yolo", "voc", "label-studio"]
LABEL_FORMATS: Final[tuple[LabelFormat, ...]] = get_args(LabelFormat)


class Format(NamedTuple):
    """How a format is written below a folder whose images lie in `images_folder`, and read from a file or folder."""

    images_folder: str
    write: Callable[[Sequence[AnnotatedImage], Path], None]
    read: Callable[[Path, Path | None], Iterator[AnnotatedImage | BadRow]]


FORMATS: Final[dict[LabelFormat, Format]] = {
    "jsonl": Format("images", jsonl.write, jsonl.read),
    "coco": Format("images", coco.write, coco.read),
    "yolo": Format("images", yolo.write, yolo.read),
    "voc": Format("JPEGImages", voc.write, voc.read),
    "label-studio": Format("images", label_studio.write, label_studio.read),
}

__all__ = ["FORMATS", "LABEL_FORMATS", "AnnotatedImage", "BadRow", "Format", "LabelFormat", "label_of_boxes"]
