"""COCO object detection (cocodataset.org, "Data format"): one JSON file a split, `bbox` = [x, y, width, height] in
pixels.

x and y are the left and top edge with the origin at the top left corner, as here; COCO allows fractions, whole numbers
are written. COCO has no class of the whole image: it stands in `label` of the entry of `images`, which other tools
leave alone. Category ids begin at 1, as COCO's own; polygons and crowds are not read, their boxes are.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from consumers.datasets.errors import LabelFileError
from consumers.datasets.formats.annotated import (
    AnnotatedImage,
    BadRow,
    BadRowError,
    known_size,
    whole_box,
)
from schemas.records import Box

FOLDER: Final = "annotations"
_EVERYTHING: Final = "all"  # the file of images without a split


class _Image(msgspec.Struct, frozen=True):
    id: int
    file_name: str
    width: int
    height: int
    label: str | None = None
    frame_id: str | None = None


class _Annotation(msgspec.Struct, frozen=True):
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]


class _Category(msgspec.Struct, frozen=True):
    id: int
    name: str


class _File(msgspec.Struct, frozen=True):
    images: list[_Image]
    categories: list[_Category]
    annotations: list[dict[str, Any]] = []


def write(images: Sequence[AnnotatedImage], folder: Path) -> None:
    """Write `annotations/instances_<split>.json`, `all` for images without a split."""
    (folder / FOLDER).mkdir(exist_ok=True)
    names = sorted({box.label for image in images for box in image.boxes} | {i.label for i in images if i.label})
    categories = {name: number for number, name in enumerate(names, start=1)}
    for split in sorted({image.split or _EVERYTHING for image in images}) or [_EVERYTHING]:
        part = [image for image in images if (image.split or _EVERYTHING) == split]
        document = msgspec.json.encode(_document(part, categories))
        (folder / FOLDER / f"instances_{split}.json").write_bytes(document)


def _document(images: Sequence[AnnotatedImage], categories: dict[str, int]) -> dict[str, Any]:
    entries: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, image in enumerate(images, start=1):
        entries.append(_entry(image_id, image))
        for box in image.boxes:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": categories[box.label],
                    "bbox": [box.x, box.y, box.w, box.h],
                    "area": box.w * box.h,
                    "iscrowd": 0,
                    "segmentation": [],
                }
            )
    named = [{"id": number, "name": name, "supercategory": ""} for name, number in categories.items()]
    return {"info": {}, "licenses": [], "images": entries, "annotations": annotations, "categories": named}


def _entry(image_id: int, image: AnnotatedImage) -> dict[str, Any]:
    width, height = known_size(image)
    inner = image.file.removeprefix("images/")
    entry: dict[str, Any] = {"id": image_id, "file_name": inner, "width": width, "height": height}
    entry |= {"label": image.label} if image.label is not None else {}
    return entry | ({"frame_id": image.frame_id} if image.frame_id else {})


def read(path: Path, _images: Path | None) -> Iterator[AnnotatedImage | BadRow]:
    """The images of a file, or of every file of a folder's `annotations`. LabelFileError for what is no COCO."""
    files = [path] if path.is_file() else sorted((path / FOLDER).glob("*.json"))
    if not files:
        raise LabelFileError(f"{path} is no COCO file and holds no {FOLDER}/*.json")
    for file in files:
        split = file.stem.removeprefix("instances_")
        yield from _read_file(file, None if split == _EVERYTHING else split)


def _read_file(path: Path, split: str | None) -> Iterator[AnnotatedImage | BadRow]:
    try:
        document = msgspec.json.decode(path.read_bytes(), type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError) as error:
        raise LabelFileError(f"{path} is no COCO file of object detection: {error}") from error
    names = {category.id: category.name for category in document.categories}
    sizes = {image.id: image for image in document.images}
    boxes: dict[int, list[Box]] = {}
    bad: dict[int, str] = {}
    for number, raw in enumerate(document.annotations):
        where = f"{path}, annotations[{number}]"
        try:
            annotation = msgspec.convert(raw, _Annotation)
            boxes.setdefault(annotation.image_id, []).append(_box(annotation, sizes.get(annotation.image_id), names))
        except (msgspec.MsgspecError, BadRowError) as error:
            yield BadRow(where, str(error))
            # An image whose box was lost would teach that the place is good.
            bad[raw.get("image_id", -1)] = f"left out: {where} is bad"
    for image in document.images:
        where = f"{path}, image {image.id} ({image.file_name})"
        if image.id in bad:
            yield BadRow(where, bad[image.id])
        else:
            yield AnnotatedImage(
                file=image.file_name,
                label=image.label,
                boxes=tuple(boxes.get(image.id, ())),
                width=image.width,
                height=image.height,
                where=where,
                frame_id=image.frame_id,
                split=split if split in ("train", "validation", "test") else None,
            )


def _box(annotation: _Annotation, image: _Image | None, names: dict[int, str]) -> Box:
    if image is None:
        raise BadRowError(f"image {annotation.image_id} is not in the file")
    name = names.get(annotation.category_id)
    if name is None:
        raise BadRowError(f"category {annotation.category_id} is not in the file")
    x, y, w, h = annotation.bbox
    return whole_box(name, x, y, x + w, y + h, image.width, image.height)
