"""Shards: TFRecord files of tf.train.Example, and WebDataset tars. Equal contents are equal bytes.

A TFRecord's features (those of the TensorFlow Object Detection API, and whole pixels beside them): `image/encoded`,
`image/format`, `image/filename`, `image/key/sha256`, `image/width`, `image/height`, `image/class/text` and
`image/class/label` (index into classes.json; both empty when unlabeled), `image/object/class/text` and `.../label`,
`image/object/bbox/xmin`, `ymin`, `xmax`, `ymax` (float32 shares of the image), `image/object/box` (int64 x, y, w, h of
each box, one after the other). A WebDataset sample is `<name>.<suffix>`, `<name>.json` (a line of annotations.jsonl)
and, when labeled, `<name>.cls`.
"""

import io
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from consumers.datasets.formats.annotated import AnnotatedImage
from consumers.datasets.formats.jsonl import line_of
from consumers.datasets.tfrecord import example, write_record

if TYPE_CHECKING:
    from consumers.datasets.replaying import ReplayImage

ShardFormat = Literal["tfrecord", "webdataset"]
_SUFFIX: Final[dict[ShardFormat, str]] = {"tfrecord": "tfrecord", "webdataset": "tar"}


@dataclass(frozen=True, slots=True)
class ShardImage:
    """One image of a shard."""

    name: str
    row: AnnotatedImage
    data: bytes
    content_type: str


def shard_names(
    images: "Sequence[ReplayImage]", out: Path, form: ShardFormat, size: int
) -> "Iterator[tuple[Path, Sequence[ReplayImage]]]":
    """The shards of each split (`all` without one) and their images, in the images' order."""
    for split in sorted({one.split or "all" for one in images}):
        part = [one for one in images if (one.split or "all") == split]
        count = -(-len(part) // size)
        for number in range(count):
            name = f"{split}-{number:05}-of-{count:05}.{_SUFFIX[form]}"
            yield out / name, part[number * size : (number + 1) * size]


def write_shard(path: Path, images: Sequence[ShardImage], form: ShardFormat, classes: Sequence[str]) -> None:
    """Write a shard whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    if form == "tfrecord":
        with partial.open("wb") as file:
            for image in images:
                write_record(file, example_of(image, classes))
    else:
        with tarfile.open(partial, "w", format=tarfile.USTAR_FORMAT) as tar:
            for image in images:
                _add_sample(tar, image, classes)
    partial.replace(path)


def example_of(image: ShardImage, classes: Sequence[str]) -> bytes:
    """The tf.train.Example of an image."""
    row, boxes = image.row, image.row.boxes
    width, height = max(row.width, 1), max(row.height, 1)
    return example(
        {
            "image/encoded": [image.data],
            "image/format": [image.content_type.rpartition("/")[2]],
            "image/filename": [row.file],
            "image/key/sha256": [row.sha256 or ""],
            "image/width": [row.width],
            "image/height": [row.height],
            "image/class/text": [] if row.label is None else [row.label],
            "image/class/label": [] if row.label is None else [classes.index(row.label)],
            "image/object/class/text": [box.label for box in boxes],
            "image/object/class/label": [classes.index(box.label) for box in boxes],
            "image/object/bbox/xmin": [box.x / width for box in boxes],
            "image/object/bbox/ymin": [box.y / height for box in boxes],
            "image/object/bbox/xmax": [(box.x + box.w) / width for box in boxes],
            "image/object/bbox/ymax": [(box.y + box.h) / height for box in boxes],
            "image/object/box": [edge for box in boxes for edge in (box.x, box.y, box.w, box.h)],
        }
    )


def _add_sample(tar: tarfile.TarFile, image: ShardImage, classes: Sequence[str]) -> None:
    suffix = image.row.file.rpartition(".")[2]
    _add(tar, f"{image.name}.{suffix}", image.data)
    _add(tar, f"{image.name}.json", line_of(image.row))
    if image.row.label is not None:
        _add(tar, f"{image.name}.cls", str(classes.index(image.row.label)).encode())


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)  # owner, time and mode stay those of nobody, 1970, 0644
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))
