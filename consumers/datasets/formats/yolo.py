"""YOLO (Ultralytics, "Object detection datasets"): one text file an image, `class cx cy w h` as shares of the image.

cx and cy are the middle of the box: cx = (x + w / 2) / width, with x and w as here. Written with all 17 digits that a
double has, so the pixels come back by rounding. `data.yaml` names the classes; `train.txt`, `val.txt` and `test.txt`
list the images of each split (all in train.txt when there are none). YOLO has no class of the whole image:
`image-labels.json` has it, which other tools leave alone; without that file it follows from the boxes.
"""

import json
import re
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
from producers.errors import HeaderError
from producers.sources.headers import read_header
from schemas.records import Box

DATA: Final = "data.yaml"
IMAGE_LABELS: Final = "image-labels.json"
_LISTS: Final = {"train": "train.txt", "validation": "val.txt", "test": "test.txt"}
_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm"})
_HEAD: Final = 1 << 18  # bytes that hold the size of any image, EXIF thumbnails before it


def write(images: Sequence[AnnotatedImage], folder: Path) -> None:
    """Write `labels/`, `data.yaml`, the lists of the splits and `image-labels.json` into a folder."""
    refuse_twice(image.file for image in images)
    names = sorted({box.label for image in images for box in image.boxes})
    index = {name: number for number, name in enumerate(names)}
    for image in images:
        path = folder / "labels" / f"{stem_of(image.file)}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(_line(image, box, index[box.label]) for box in image.boxes), encoding="utf-8")
    # JSON is YAML, and no name can then be taken for a number or a switch.
    (folder / DATA).write_text(
        "path: .\n" + "".join(f"{key}: {_LISTS[split]}\n" for key, split in _KEYS) + f"names: {json.dumps(names)}\n",
        encoding="utf-8",
    )
    for split, name in _LISTS.items():
        listed = [f"./{image.file}\n" for image in images if (image.split or "train") == split]
        (folder / name).write_text("".join(listed), encoding="utf-8")
    labels = {image.file: image.label for image in images}
    (folder / IMAGE_LABELS).write_text(json.dumps(labels, indent=0), encoding="utf-8")


_KEYS: Final = (("train", "train"), ("val", "validation"), ("test", "test"))


def _line(image: AnnotatedImage, box: Box, number: int) -> str:
    width, height = known_size(image)
    centre = (box.x + box.w / 2) / width, (box.y + box.h / 2) / height
    return f"{number} {centre[0]!r} {centre[1]!r} {box.w / width!r} {box.h / height!r}\n"


def read(path: Path, images: Path | None) -> Iterator[AnnotatedImage | BadRow]:
    """Every image of a folder with `labels/`. Raises LabelFileError without the classes' names or the images."""
    folder = path if path.is_dir() else path.parent
    root = images or folder / "images"
    if not root.is_dir():
        raise LabelFileError(f"{root} is no folder of images; YOLO needs their sizes, name it by --images")
    names, labels, splits = _names(folder), _image_labels(folder), _splits(folder)
    for file in sorted(one for one in root.rglob("*") if one.suffix.lower() in _SUFFIXES):
        inner = file.relative_to(root).as_posix()
        text = folder / "labels" / f"{stem_of(inner)}.txt"
        if not text.is_file():
            continue  # in YOLO an image without a label file is not labeled
        yield _image(file, inner, text, names, labels, splits)


def _image(
    file: Path, inner: str, text: Path, names: list[str], labels: dict[str, str | None], splits: dict[str, str]
) -> AnnotatedImage | BadRow:
    where = str(text)
    try:
        with file.open("rb") as stream:
            header = read_header(stream.read(_HEAD))
        lines = text.read_text(encoding="utf-8").splitlines()
        boxes = []
        for number, line in enumerate(lines, start=1):
            where = f"{text}:{number}"
            if line.strip():
                boxes.append(_box(line, names, header.width, header.height))
    except (BadRowError, HeaderError, OSError, UnicodeDecodeError) as error:
        return BadRow(where, f"{file.name}: {error}")
    name = f"images/{inner}"
    return AnnotatedImage(
        file=inner,
        label=labels[name] if name in labels else label_of_boxes(boxes),
        boxes=tuple(boxes),
        width=header.width,
        height=header.height,
        where=str(text),
        split=splits.get(name),
    )


def _box(line: str, names: list[str], width: int, height: int) -> Box:
    try:
        number, cx, cy, w, h = line.split()
        index, x, y, half_w, half_h = (
            int(number), float(cx) * width, float(cy) * height, float(w) * width / 2, float(h) * height / 2,
        )  # fmt: skip
    except ValueError as error:
        raise BadRowError(f"{line!r} is not `class cx cy w h`") from error
    if not 0 <= index < len(names):
        raise BadRowError(f"class {index} has no name: {DATA} names {len(names)}")
    return whole_box(names[index], x - half_w, y - half_h, x + half_w, y + half_h, width, height)


def _names(folder: Path) -> list[str]:
    """The classes of data.yaml (`names:` as a list or a map) or of classes.txt."""
    if (folder / DATA).is_file():
        names = yaml_names((folder / DATA).read_text(encoding="utf-8"))
        if names is not None:
            return names
    if (folder / "classes.txt").is_file():
        return (folder / "classes.txt").read_text(encoding="utf-8").splitlines()
    raise LabelFileError(f"{folder} has neither a {DATA} with `names:` nor a classes.txt: the classes have no names")


def yaml_names(text: str) -> list[str] | None:
    """The `names` of a data.yaml in the forms that tools write; None when there are none.

    >>> yaml_names("names:\\n  0: dent\\n  1: scratch\\n")
    ['dent', 'scratch']
    """
    found = re.search(r"^names:[ \t]*(.*)$((?:\n(?:[ \t]+|-).*$)*)", text, re.MULTILINE)
    if found is None:
        return None
    inline, block = found[1].strip(), found[2]
    if inline:
        return _inline_names(inline)
    items = [line.strip() for line in block.splitlines() if line.strip()]
    listed = [re.fullmatch(r"(?:-|(\d+):)\s*(.*)", item) for item in items]
    numbered = [(int(one[1]) if one[1] else number, _unquoted(one[2])) for number, one in enumerate(listed) if one]
    return [name for _, name in sorted(numbered)]


def _inline_names(inline: str) -> list[str]:
    try:
        return [str(name) for name in json.loads(inline)]
    except ValueError:
        entries = inline.strip("[]{}").split(",")
        return [_unquoted(re.sub(r"^\s*\d+\s*:", "", entry).strip()) for entry in entries if entry.strip()]


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def _image_labels(folder: Path) -> dict[str, str | None]:
    path = folder / IMAGE_LABELS
    if not path.is_file():
        return {}
    try:
        labels = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LabelFileError(f"{path} can't be read: {error}") from error
    return {str(file): None if label is None else str(label) for file, label in dict(labels).items()}


def _splits(folder: Path) -> dict[str, str]:
    lists = {split: folder / name for split, name in _LISTS.items() if (folder / name).is_file()}
    return {
        line.strip().removeprefix("./"): split
        for split, path in lists.items()
        for line in path.read_text(encoding="utf-8").splitlines()
    }
