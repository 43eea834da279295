"""Pascal VOC (VOC2012 development kit, 8.4): one XML file an image, corners counted from one and inclusive.

The top left pixel is (1, 1), and xmax, ymax are the last column and row of the box: xmin = x + 1, ymin = y + 1, xmax =
x + w, ymax = y + h. (Tools that count from zero and call xmax exclusive read such a box one pixel further right and
down and one narrower.) VOC has no class of the whole image: `<label>` below `<annotation>` has it, which other tools
leave alone; without it, it follows from the boxes.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from consumers.datasets.errors import LabelFileError
from consumers.datasets.formats.annotated import (
    AnnotatedImage,
    BadRow,
    BadRowError,
    known_size,
    label_of_boxes,
    refuse_twice,
    stem_of,
    whole_box,
)
from schemas.records import Box

FOLDER: Final = "Annotations"
_SETS: Final = {"train": "train", "validation": "val", "test": "test"}
_DOCTYPE: Final = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
# XML 1.0 has no way to write these characters, escaped or not.
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(images: Sequence[AnnotatedImage], folder: Path) -> None:
    """Write `Annotations/`, `ImageSets/Main/` and `labelmap.txt` into a folder."""
    refuse_twice(image.file for image in images)
    for image in images:
        path = folder / FOLDER / f"{stem_of(image.file)}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ET.tostring(_tree(image), encoding="utf-8"))
    names = sorted({box.label for image in images for box in image.boxes})
    # Not of VOC itself: CVAT and Datumaro know classes beyond VOC's twenty by it. A colon would end a name.
    lines = ["# label:color_rgb:parts:actions\n", *(f"{name}:::\n" for name in names if ":" not in name)]
    (folder / "labelmap.txt").write_text("".join(lines), encoding="utf-8")
    sets = folder / "ImageSets" / "Main"
    sets.mkdir(parents=True, exist_ok=True)
    for split, name in _SETS.items():
        listed = [f"{stem_of(image.file)}\n" for image in images if (image.split or "train") == split]
        (sets / f"{name}.txt").write_text("".join(listed), encoding="utf-8")


def _tree(image: AnnotatedImage) -> ET.Element:
    width, height = known_size(image)
    root = ET.Element("annotation")
    _add(root, "folder", "JPEGImages")
    _add(root, "filename", image.file.removeprefix("JPEGImages/"))
    size = ET.SubElement(root, "size")
    for name, value in (("width", width), ("height", height), ("depth", 3)):
        _add(size, name, value)
    _add(root, "segmented", 0)
    if image.label is not None:
        _add(root, "label", image.label)
    for box in image.boxes:
        entry = ET.SubElement(root, "object")
        _add(entry, "name", box.label)
        for name, said in (("pose", "Unspecified"), ("truncated", "0"), ("difficult", "0")):
            _add(entry, name, said)
        corners = ET.SubElement(entry, "bndbox")
        edges = (("xmin", box.x + 1), ("ymin", box.y + 1), ("xmax", box.x + box.w), ("ymax", box.y + box.h))
        for name, value in edges:
            _add(corners, name, value)
    return root


def _add(parent: ET.Element, name: str, value: str | int) -> None:
    text = str(value)
    if _UNWRITABLE.search(text) or text != text.strip() or "\r" in text:
        raise LabelFileError(f"VOC can't hold {text!r}: XML has no such characters, or would lose its spaces")
    ET.SubElement(parent, name).text = text


def read(path: Path, _images: Path | None) -> Iterator[AnnotatedImage | BadRow]:
    """Every XML file of a folder or of its `Annotations`. LabelFileError when there is none."""
    folder = path / FOLDER if (path / FOLDER).is_dir() else path
    files = sorted(folder.rglob("*.xml")) if folder.is_dir() else [path]
    if not files:
        raise LabelFileError(f"{path} holds no {FOLDER}/*.xml")
    sets = _sets(folder.parent / "ImageSets" / "Main")
    for file in files:
        stem = file.relative_to(folder).with_suffix("").as_posix() if folder.is_dir() else file.stem
        yield _image(file, sets.get(stem))


def _image(path: Path, split: str | None) -> AnnotatedImage | BadRow:
    try:
        root = _parsed(path.read_bytes())
        width, height = (_number(root, f"size/{name}") for name in ("width", "height"))
        boxes = tuple(_box(entry, round(width), round(height)) for entry in root.iter("object"))
        file = _text(root, "filename")
    except (ET.ParseError, BadRowError, OSError) as error:
        return BadRow(str(path), str(error))
    label = root.findtext("label")
    return AnnotatedImage(
        file=file,
        label=label.strip() if label else label_of_boxes(boxes),
        boxes=boxes,
        width=round(width),
        height=round(height),
        where=str(path),
        split=split,
    )


def _parsed(data: bytes) -> ET.Element:
    if _DOCTYPE.search(data):
        raise BadRowError("it declares a document type or entities, which are not followed")
    return ET.fromstring(data)  # noqa: S314 - without entities there is nothing to expand or fetch


def _box(entry: ET.Element, width: int, height: int) -> Box:
    xmin, ymin, xmax, ymax = (_number(entry, f"bndbox/{name}") for name in ("xmin", "ymin", "xmax", "ymax"))
    return whole_box(_text(entry, "name"), xmin - 1, ymin - 1, xmax, ymax, width, height)


def _text(element: ET.Element, path: str) -> str:
    text = (element.findtext(path) or "").strip()
    if not text:
        raise BadRowError(f"<{path.replace('/', '><')}> is missing or empty")
    return text


def _number(element: ET.Element, path: str) -> float:
    text = _text(element, path)
    try:
        return float(text)
    except ValueError as error:
        raise BadRowError(f"<{path.replace('/', '><')}> is no number: {text!r}") from error


def _sets(folder: Path) -> dict[str, str]:
    lists = {split: folder / f"{name}.txt" for split, name in _SETS.items() if (folder / f"{name}.txt").is_file()}
    return {
        line.strip(): split
        for split, path in lists.items()
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    }
