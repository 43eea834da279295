"""A dataset as a tf.data.Dataset: images, labels and boxes of one split, in an order that a seed decides.

Images are brought onto this machine once, verified, before the first epoch (`fetch_images`): what is missing is known
then, and every epoch after reads local files. Memory holds a few batches, whatever the size of the dataset.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256 as sha256_of
from itertools import islice
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from consumers.datasets.errors import ImageMissingError, ImagesMissingError
from consumers.datasets.image_reading import Wanted, ahead, read_images
from consumers.datasets.manifest import DatasetImage, Manifest
from consumers.datasets.splits import Split
from consumers.inference.decode import decode
from consumers.inference.errors import InferenceError
from consumers.inference.picture import as_pixels
from consumers.trainer.errors import TrainerError, UsageError
from consumers.trainer.tensorflow_setup import tensorflow
from infra.blobs import BlobStore
from infra.settings import Settings

THREADS: Final = 2  # that decode beside the one that trains
UNLABELED: Final = -1
Size = tuple[int, int]
Example = tuple[NDArray[np.uint8], int, NDArray[np.int32]]  # pixels, label, boxes


@dataclass(frozen=True, slots=True)
class LocalImages:
    """Verified images of a dataset in a folder of this machine, by sha256."""

    folder: Path

    def path(self, sha256: str) -> Path:
        """Where an image lies."""
        return self.folder / sha256[:2] / sha256

    def read(self, sha256: str) -> bytes:
        """Its bytes. TrainerError when somebody removed it."""
        try:
            return self.path(sha256).read_bytes()
        except OSError as error:
            raise TrainerError(
                f"image {sha256} is no longer in {self.folder} ({error.strerror}): fetch again"
            ) from error


def fetch_images(
    settings: Settings,
    blobs: BlobStore,
    manifest: Manifest,
    folder: Path,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> LocalImages:
    """Bring every image of a dataset into a folder, verified; those that are there already are verified and kept.

    Raises:
        ImagesMissingError: images are nowhere to be had; all of them are listed.
        BlobError, BrokerAwayError: the blob store or Kafka does not answer.
    """
    local = LocalImages(folder)
    lacking = [image for image in manifest.images if not _is_whole(local.path(image.sha256), image)]
    missing: list[str] = []
    done = len(manifest.images) - len(lacking)
    on_progress(done, len(manifest.images))
    wanted = [Wanted(image.sha256, image.location) for image in lacking]
    for one, outcome in read_images(settings, blobs, wanted):
        if isinstance(outcome, ImageMissingError):
            missing.append(str(outcome))
        else:
            path = local.path(one.sha256)
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            partial.write_bytes(outcome.data)
            partial.replace(path)
        done += 1
        on_progress(done, len(manifest.images))
    if missing:
        raise ImagesMissingError(
            f"{len(missing)} of {len(manifest.images)} images of the dataset are missing: bring them back, or build a "
            "dataset without them (linewatch dataset build --allow-missing)",
            tuple(missing),
        )
    return local


def dataset(
    manifest: Manifest,
    split: Split,
    images: LocalImages,
    *,
    size: Size | None = None,
    classes: tuple[str, ...] | None = None,
    batch: int | None = None,
    shuffle_seed: int | None = None,
) -> Any:
    """The images of a split as (image, label, boxes), each time it is iterated.

    - image: uint8, (height, width, 3), RGB. With `size` = (height, width) shrunk or stretched to it (area averaging
      when shrunk), else as captured.
    - label: int64, index into `classes` (default: the manifest's, by name); -1 for an unlabeled frame.
    - boxes: int32, (n, 5): class index (-1 when it is none of `classes`), x, y, w, h in pixels of the image as
      captured, or of the resized one with `size`, then rounded outwards.

    With `batch`, images are stacked to (n, height, width, 3), which needs `size`; labels are (n,), boxes a RaggedTensor
    (n, None, 5). Without `shuffle_seed` the order is that of the manifest; with it, every iteration has another
    order, and the same seed gives the same orders again.

    Raises UsageError when the split is empty, a label is none of `classes`, or `batch` is given without `size`.
    Iterating raises TrainerError for an image that can't be decoded.
    """
    chosen = manifest.of_split(split)
    names = classes if classes is not None else manifest.classes
    tf = tensorflow()
    _check(chosen, split, names, size, batch)
    index = {name: number for number, name in enumerate(names)}
    epochs = _Epochs(len(chosen), shuffle_seed)

    def examples() -> Iterator[Example]:
        yield from read_examples((chosen[row] for row in epochs.next_order()), images, index, size)

    if batch is None:
        found, count = tf.data.Dataset.from_generator(examples, output_signature=_example_spec(tf, size)), len(chosen)
    else:
        found, count = _batches(tf, examples, batch, size), -(-len(chosen) // batch)
    found = found.apply(tf.data.experimental.assert_cardinality(count))
    return found.prefetch(2).with_options(_untuned(tf))


def _example_spec(tf: Any, size: Size | None) -> tuple[Any, ...]:
    return (
        tf.TensorSpec((*(size or (None, None)), 3), tf.uint8, name="image"),
        tf.TensorSpec((), tf.int64, name="label"),
        tf.TensorSpec((None, 5), tf.int32, name="boxes"),
    )


def _batches(tf: Any, examples: Callable[[], Iterator[Example]], batch: int, size: Size | None) -> Any:
    """Batches stacked here: each thing handed to TensorFlow costs about 2 ms of processor time."""

    def stacked() -> Iterator[tuple[Any, ...]]:
        left = examples()
        while several := list(islice(left, batch)):
            images, labels, boxes = zip(*several, strict=True)
            yield np.stack(images), np.array(labels, np.int64), np.concatenate(boxes), [len(rows) for rows in boxes]

    spec = (
        tf.TensorSpec((None, *(size or (None, None)), 3), tf.uint8, name="images"),
        tf.TensorSpec((None,), tf.int64, name="labels"),
        tf.TensorSpec((None, 5), tf.int32, name="boxes"),
        tf.TensorSpec((None,), tf.int64, name="boxes_of_each"),
    )
    return tf.data.Dataset.from_generator(stacked, output_signature=spec).map(
        lambda images, labels, boxes, counts: (images, labels, tf.RaggedTensor.from_row_lengths(boxes, counts))
    )


def _untuned(tf: Any) -> Any:
    """Options without tf.data's autotuning: nothing here is left to it, and its thread holds up the end of an epoch.

    It sleeps 10 ms, 20 ms, 40 ms and so on, and TensorFlow 2.21 often waits for it to wake: an epoch of 0.8 s then
    ended after 1.27 s, the sum of its first seven sleeps.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return options


def read_examples(
    chosen: Iterable[DatasetImage], images: LocalImages, index: dict[str, int], size: Size | None
) -> Iterator[Example]:
    """The images in their order as (pixels, label, boxes), decoded a few ahead of the reader."""
    with ThreadPoolExecutor(THREADS, "replay") as pool:
        yield from ahead(pool, lambda image: _example(image, images, index, size), chosen)


class _Epochs:
    """The order of each iteration: numbered from 0, a permutation by (seed, number)."""

    def __init__(self, count: int, seed: int | None) -> None:
        self._count, self._seed, self._number = count, seed, 0

    def next_order(self) -> NDArray[np.int64]:
        """The rows of the next iteration, in order."""
        if self._seed is None:
            return np.arange(self._count)
        generator = np.random.default_rng((self._seed, self._number))
        self._number += 1
        return generator.permutation(self._count)


def _example(image: DatasetImage, images: LocalImages, index: dict[str, int], size: Size | None) -> Example:
    try:
        picture = decode(images.read(image.sha256))
    except InferenceError as error:
        raise TrainerError(f"image {image.frame_id or image.sha256} of the dataset: {error}") from error
    pixels, scale = picture.pixels, (1.0, 1.0)
    if size is not None:
        scale = size[1] / picture.width, size[0] / picture.height
        shrinks = scale[0] < 1 and scale[1] < 1
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        pixels = as_pixels(cv2.resize(pixels, size[::-1], interpolation=how))
    pixels = as_pixels(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
    label = UNLABELED if image.label is None else index[image.label.label]
    return pixels, label, _boxes(image, index, scale)


def _boxes(image: DatasetImage, index: dict[str, int], scale: tuple[float, float]) -> NDArray[np.int32]:
    rows = []
    for box in image.label.boxes if image.label is not None else ():
        left, top = int(np.floor(box.x * scale[0])), int(np.floor(box.y * scale[1]))
        right, bottom = int(np.ceil((box.x + box.w) * scale[0])), int(np.ceil((box.y + box.h) * scale[1]))
        rows.append((index.get(box.label, UNLABELED), left, top, right - left, bottom - top))
    return np.array(rows, np.int32).reshape(-1, 5)


def _check(
    chosen: tuple[DatasetImage, ...], split: Split, names: tuple[str, ...], size: Size | None, batch: int | None
) -> None:
    if not chosen:
        raise UsageError(f"the dataset has no image in split {split}: build a larger one")
    if batch is not None and size is None:
        raise UsageError("images of several sizes can't be stacked: give a size with the batch")
    unknown = {image.label.label for image in chosen if image.label is not None} - set(names)
    if unknown:
        raise UsageError(f"images are labeled {sorted(unknown)}, but the classes are {list(names)}")


def _is_whole(path: Path, image: DatasetImage) -> bool:
    try:
        return path.stat().st_size == image.size and sha256_of(path.read_bytes()).hexdigest() == image.sha256
    except OSError:
        return False
