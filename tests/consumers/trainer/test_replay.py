"""A dataset as tensors, and TFRecord files as TensorFlow itself reads them."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from consumers.datasets.errors import ImagesMissingError
from consumers.datasets.formats.annotated import AnnotatedImage
from consumers.datasets.manifest import Agreement, DatasetImage, DatasetLabel, Manifest, make_manifest
from consumers.datasets.shards import ShardImage, write_shard
from consumers.trainer.errors import TrainerError, UsageError
from consumers.trainer.replay import LocalImages, dataset, fetch_images
from consumers.trainer.tensorflow_setup import tensorflow
from infra.blobs import BlobStore
from infra.settings import Settings
from schemas.records import Box
from tests.consumers.datasets.makers import picture

COUNT = 12
SETTINGS = Settings(bootstrap_servers="127.0.0.1:1")


def labeled(number: int, data: bytes) -> DatasetImage:
    said = "dent" if number % 3 == 0 else "good"
    boxes = (Box(label="dent", x=10, y=20, w=30, h=7),) if said == "dent" else ()
    label = DatasetLabel(
        label=said,
        boxes=boxes,
        image_width=96,
        image_height=64,
        state="single",
        label_id=str(number),
        label_ids=(str(number),),
        labelers=("ann",),
        labeled_at_us=number,
    )
    return DatasetImage(
        sha256=sha256(data).hexdigest(),
        split="train" if number < COUNT - 2 else "test",
        edge_id="press-1",
        captured_at_us=number,
        size=len(data),
        content_type="image/png",
        width=96,
        height=64,
        label=None if number == 1 else label,
    )


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore((tmp_path / "blobs").as_posix())


@pytest.fixture
def manifest(blobs: BlobStore) -> Manifest:
    """Twelve images in the blob store, none of which is a frame; ten of them in train."""
    images = []
    for number in range(COUNT):
        blobs.put(picture(number))
        images.append(labeled(number, picture(number)))
    return make_manifest(images, (), (), selection={}, agreement=Agreement(), look_version=1)


@pytest.fixture
def local(blobs: BlobStore, manifest: Manifest, tmp_path: Path) -> LocalImages:
    return fetch_images(SETTINGS, blobs, manifest, tmp_path / "local")


def sums(found: Any) -> list[int]:
    return [int(image.numpy().sum()) for image, *_ in found]


def test_images_labels_and_boxes_are_those_of_the_manifest(manifest: Manifest, local: LocalImages) -> None:
    found = list(dataset(manifest, "train", local))

    assert len(found) == 10
    for (image, label, boxes), expected in zip(found, manifest.of_split("train"), strict=True):
        pixels = cv2.imdecode(np.frombuffer(local.read(expected.sha256), np.uint8), cv2.IMREAD_COLOR)
        assert image.dtype == "uint8"
        assert np.array_equal(image.numpy(), np.asarray(pixels)[:, :, ::-1])
        assert int(label) == (-1 if expected.label is None else ["dent", "good"].index(expected.label.label))
        wanted = [[0, 10, 20, 30, 7]] if expected.label is not None and expected.label.boxes else []
        assert boxes.numpy().tolist() == wanted


def test_batches_are_stacked_and_boxes_ragged(manifest: Manifest, local: LocalImages) -> None:
    batches = list(dataset(manifest, "train", local, size=(32, 48), batch=4))

    assert [tuple(images.shape) for images, _, _ in batches] == [(4, 32, 48, 3), (4, 32, 48, 3), (2, 32, 48, 3)]
    assert [tuple(labels.shape) for _, labels, _ in batches] == [(4,), (4,), (2,)]
    boxes = [row for _, _, ragged in batches for row in ragged.to_list()]
    assert [row for row in boxes if row] == [[[0, 5, 10, 15, 4]]] * sum(bool(row) for row in boxes)
    assert sum(bool(row) for row in boxes) == sum(
        image.label is not None and bool(image.label.boxes) for image in manifest.of_split("train")
    )


def test_a_seed_gives_the_same_orders_again_and_another_one_each_epoch(manifest: Manifest, local: LocalImages) -> None:
    plain = sums(dataset(manifest, "train", local))
    first, again = (dataset(manifest, "train", local, shuffle_seed=7) for _ in range(2))
    epochs = [sums(first), sums(first)]

    assert [sums(again), sums(again)] == epochs
    assert epochs[0] != epochs[1] != plain
    assert sorted(epochs[0]) == sorted(epochs[1]) == sorted(plain)


def test_no_tuning_thread_holds_up_the_end_of_an_epoch(manifest: Manifest, local: LocalImages) -> None:
    options = dataset(manifest, "train", local, size=(32, 48), batch=4).options()
    assert options.autotune.enabled is False


def test_what_is_missing_is_listed_before_the_first_epoch(blobs: BlobStore, manifest: Manifest, tmp_path: Path) -> None:
    gone = manifest.images[3].sha256
    (Path(blobs.url) / gone[:2] / gone[2:4] / gone).unlink()
    with pytest.raises(ImagesMissingError, match="1 of 12 images of the dataset are missing") as stopped:
        fetch_images(SETTINGS, blobs, manifest, tmp_path / "local")
    assert gone in stopped.value.missing[0]


def test_a_damaged_local_image_is_fetched_again(
    blobs: BlobStore, manifest: Manifest, local: LocalImages, tmp_path: Path
) -> None:
    path = local.path(manifest.images[0].sha256)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    seen: list[tuple[int, int]] = []
    fetch_images(SETTINGS, blobs, manifest, tmp_path / "local", lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == whole
    assert seen == [(COUNT - 1, COUNT), (COUNT, COUNT)]


def test_misuse_is_named(manifest: Manifest, local: LocalImages) -> None:
    with pytest.raises(UsageError, match="no image in split validation"):
        dataset(manifest, "validation", local)
    with pytest.raises(UsageError, match="give a size with the batch"):
        dataset(manifest, "train", local, batch=2)
    with pytest.raises(UsageError, match=r"labeled \['dent'\]"):
        dataset(manifest, "train", local, classes=("good",))
    with pytest.raises(TrainerError, match="is no longer in"):
        local.read("ab" * 32)


def test_tensorflow_reads_the_records(tmp_path: Path) -> None:
    box = Box(label="dent", x=3, y=4, w=30, h=20)
    row = AnnotatedImage(file="a.png", label="dent", boxes=(box,), width=96, height=64, sha256="ab" * 32)
    bare = AnnotatedImage(file="b.png", label=None, width=96, height=64)
    shard = [ShardImage("a", row, picture(1), "image/png"), ShardImage("b", bare, picture(2), "image/png")]
    write_shard(tmp_path / "a.tfrecord", shard, "tfrecord", ["dent", "good"])
    tf = tensorflow()

    raw = [record.numpy() for record in tf.data.TFRecordDataset(str(tmp_path / "a.tfrecord"))]
    first, second = (tf.train.Example.FromString(one).features.feature for one in raw)

    assert first["image/encoded"].bytes_list.value[0] == picture(1)
    assert first["image/class/label"].int64_list.value[:] == [0]
    assert first["image/object/box"].int64_list.value[:] == [3, 4, 30, 20]
    assert first["image/object/bbox/xmax"].float_list.value[0] == pytest.approx(33 / 96)
    assert (second["image/width"].int64_list.value[0], len(second["image/class/label"].int64_list.value)) == (96, 0)
