"""Training images decoded and resized once, kept on disk, read back batch by batch.

Memory stays bounded whatever the size of the data set: pixels lie in one file of uint8 rows that the system pages in.
Decoding, cropping, resizing and colour are those of `consumers.inference`, so nothing differs from the edge.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from consumers.inference.decode import decode
from consumers.inference.document import ModelDocument
from consumers.inference.errors import InferenceError
from consumers.inference.picture import Geometry, Pixels
from consumers.inference.preprocess import Preprocessor
from consumers.trainer.augmentation import Augmentation, Boxes, augment, moved_corners
from consumers.trainer.errors import TrainerError, UsageError
from consumers.trainer.labelled_images import LabelledImage, SkippedImage, Split
from consumers.trainer.metrics import Indices
from consumers.trainer.place_targets import Grid, place_targets

THREADS: Final = 4
_GROUP: Final = 64  # images decoded ahead of the writer


@dataclass(frozen=True, slots=True)
class Batch:
    """Images (n, height, width, channels) float32 as the network takes them, and their classes (n,).

    `places` (n, rows, columns) int8 are the classes of the places of a grid, -1 where none can be told (place_targets).
    """

    images: NDArray[np.float32]
    classes: Indices
    places: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class View:
    """How images are to be seen: augmented by generators of (seed, row), with the classes of a grid of places."""

    how: Augmentation | None = None
    seed: int = 0
    grid: Grid = (0, 0)


PLAIN: Final = View()


@dataclass(frozen=True, slots=True)
class PreparedImages:
    """Decoded images of a data set: pixels (n, height, width, channels) uint8 on disk, in the order of `images`."""

    images: tuple[LabelledImage, ...]
    skipped: tuple[SkippedImage, ...]
    pixels: NDArray[np.uint8]
    boxes: tuple[Boxes, ...]
    box_classes: tuple[Indices, ...]
    classes: Indices
    preprocessor: Preprocessor

    def rows(self, split: Split) -> Indices:
        """The rows of one split."""
        return np.array([row for row, image in enumerate(self.images) if image.split == split], np.int64)

    def batch(self, rows: Indices, view: View = PLAIN) -> Batch:
        """The images of `rows` in their order."""
        seen = [self._image(int(row), view) for row in rows]
        return Batch(np.concatenate([image for image, _ in seen]), self.classes[rows], np.stack([p for _, p in seen]))

    def _image(self, row: int, view: View) -> tuple[NDArray[Any], NDArray[np.int8]]:
        pixels, matrix = np.asarray(self.pixels[row]), np.eye(3)
        if view.how is not None:
            pixels, matrix = augment(pixels, self.boxes[row], view.how, np.random.default_rng((view.seed, row)))
        corners = moved_corners(matrix, self.boxes[row])
        places = place_targets(corners, self.box_classes[row], pixels.shape[:2], view.grid)
        return self.preprocessor.normalise(pixels), places

    def batches(self, rows: Indices, size: int, view: View = PLAIN) -> Iterator[Batch]:
        """The images of `rows` in their order, `size` at a time, the next batch prepared while one is used."""
        groups = [rows[start : start + size] for start in range(0, len(rows), size)]
        with ThreadPoolExecutor(1) as pool:
            following = pool.submit(self.batch, groups[0], view) if groups else None
            for group in [*groups[1:], None]:
                if following is not None:
                    batch = following.result()
                    following = pool.submit(self.batch, group, view) if group is not None else None
                    yield batch


def prepare_images(
    images: Sequence[LabelledImage], document: ModelDocument, classes: Sequence[str], scratch: Path
) -> PreparedImages:
    """Decode and resize every image into one file below `scratch`, which must outlive the result.

    Unreadable images are left out and listed in `skipped`. Raises UsageError when none can be read or a label is not
    among `classes`, TrainerError when the disk is full.
    """
    if unknown := {image.label for image in images} - set(classes):
        raise UsageError(f"images are labelled {sorted(unknown)}, but the model knows {list(classes)}")
    preprocessor = Preprocessor(document)
    kept: list[tuple[LabelledImage, Boxes]] = []
    skipped: list[SkippedImage] = []
    file = scratch / "pixels.bin"
    try:
        with file.open("wb") as stream:
            for image, outcome in _decoded(images, document, preprocessor):
                if isinstance(outcome, str):
                    skipped.append(SkippedImage(image.file, outcome))
                    continue
                stream.write(outcome[0].tobytes())
                kept.append((image, outcome[1]))
    except OSError as error:
        raise TrainerError(
            f"cannot keep decoded images in {scratch}: {error.strerror or error}; free some space"
        ) from error
    if not kept:
        raise UsageError(f"none of {len(images)} images can be read; {skipped[0].file}: {skipped[0].reason}")
    spec = document.input
    pixels = np.memmap(file, np.uint8, "r", shape=(len(kept), spec.height, spec.width, spec.channels))
    index = {name: place for place, name in enumerate(classes)}
    return PreparedImages(
        images=tuple(image for image, _ in kept),
        skipped=tuple(skipped),
        pixels=pixels,
        boxes=tuple(boxes for _, boxes in kept),
        # Boxes of other things (a screw that is there) say nothing of defects: class 0, as the place without a box.
        box_classes=tuple(np.array([index.get(b.label, 0) for b in image.boxes], np.int64) for image, _ in kept),
        classes=np.array([index[image.label] for image, _ in kept], np.int64),
        preprocessor=preprocessor,
    )


def _decoded(
    images: Sequence[LabelledImage], document: ModelDocument, preprocessor: Preprocessor
) -> Iterator[tuple[LabelledImage, tuple[Pixels, Boxes] | str]]:
    def one(image: LabelledImage) -> tuple[Pixels, Boxes] | str:
        try:
            pixels, geometry = preprocessor.pixels(decode(image.path.read_bytes(), document))
        except (InferenceError, OSError) as error:
            return str(error)
        return pixels, _input_boxes(image, geometry)

    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(images), _GROUP):
            group = images[start : start + _GROUP]
            yield from zip(group, pool.map(one, group), strict=True)


def _input_boxes(image: LabelledImage, geometry: Geometry) -> Boxes:
    """The labelled boxes in pixels of the network's input, clipped to it by nothing: the region may cut them."""
    boxes = np.array([(box.x, box.y, box.w, box.h) for box in image.boxes], np.float32).reshape(-1, 4)
    scale = np.array([geometry.scale_x, geometry.scale_y], np.float32)
    boxes[:, :2] = (boxes[:, :2] - (geometry.origin_x, geometry.origin_y)) * scale
    boxes[:, :2] += (geometry.offset_x, geometry.offset_y)
    boxes[:, 2:] *= scale
    return boxes
