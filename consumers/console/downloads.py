"""Datasets to take away: images and labels in one ZIP archive that is put together while it is sent."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from consumers.console.services import Services
from consumers.console.views.datasets import ArchiveFormat
from consumers.console.zip_stream import zip_chunks
from consumers.datasets.errors import ImageMissingError
from consumers.datasets.formats import FORMATS, AnnotatedImage, LabelFormat
from consumers.datasets.formats.jsonl import line_of
from consumers.datasets.image_reading import Wanted, read_images
from consumers.datasets.manifest import DatasetImage, Manifest
from consumers.datasets.replaying import UNLABELED, suffix_of

MISSING_FILE: Final = "MISSING.txt"
_LABEL_FORMATS: Final[dict[ArchiveFormat, LabelFormat]] = {
    "folder": "jsonl",
    "coco": "coco",
    "yolo": "yolo",
    "voc": "voc",
    "label-studio": "label-studio",
}


def archive(services: Services, manifest: Manifest, form: ArchiveFormat) -> Iterator[bytes]:
    """The images and their labels in a format, as `linewatch replay` writes them, as a ZIP.

    Images come first, so labels tell only of those that are there; what is nowhere to be had any more is listed in
    MISSING.txt.
    """
    return zip_chunks(_files(services, manifest, _LABEL_FORMATS[form]))


def _files(services: Services, manifest: Manifest, form: LabelFormat) -> Iterator[tuple[str, bytes]]:
    folder = FORMATS[form].images_folder
    missing: dict[str, str] = {}
    wanted = [Wanted(image.sha256, image.location, image) for image in manifest.images]
    for one, outcome in read_images(services.settings, services.blobs, wanted, services.codec):
        if isinstance(outcome, ImageMissingError):
            missing[one.sha256] = str(outcome)
        elif isinstance(one.ref, DatasetImage):
            yield _file_of(one.ref, folder), outcome.data
    yield from _label_files([image for image in manifest.images if image.sha256 not in missing], folder, form)
    if missing:
        yield MISSING_FILE, "".join(f"{why}\n" for why in missing.values()).encode()


def _label_files(images: list[DatasetImage], folder: str, form: LabelFormat) -> Iterator[tuple[str, bytes]]:
    rows = [annotated(image, folder) for image in images]
    with tempfile.TemporaryDirectory(prefix="linewatch-labels-") as place:
        FORMATS[form].write([row for row in rows if row.label is not None], Path(place))
        for path in sorted(path for path in Path(place).rglob("*") if path.is_file()):
            yield path.relative_to(place).as_posix(), path.read_bytes()
    yield UNLABELED, b"".join(line_of(row) for row in rows if row.label is None)


def annotated(image: DatasetImage, folder: str) -> AnnotatedImage:
    """An image of a dataset as label formats write it."""
    label = image.label
    return AnnotatedImage(
        file=_file_of(image, folder),
        label=None if label is None else label.label,
        boxes=() if label is None else label.boxes,
        width=image.width,
        height=image.height,
        sha256=image.sha256,
        frame_id=image.frame_id,
        captured_at_us=image.captured_at_us,
        part_id=image.part_id,
        product=image.product,
        labeler=None if label is None else ", ".join(label.labelers),
        split=image.split,
    )


def _file_of(image: DatasetImage, folder: str) -> str:
    return f"{folder}/{image.sha256}.{suffix_of(image.content_type)}"
