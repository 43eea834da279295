"""Prepared images are the edge's own pixels, streamed from disk, with what can't be read left out."""

from pathlib import Path

import numpy as np
import pytest

from consumers.inference.artifact import Artifact
from consumers.inference.decode import decode
from consumers.inference.document import ModelDocument
from consumers.inference.preprocess import Preprocessor
from consumers.trainer.augmentation import Augmentation
from consumers.trainer.errors import TrainerError, UsageError
from consumers.trainer.labelled_images import LabelledImages
from consumers.trainer.prepared_images import PreparedImages, View, prepare_images
from tests.consumers.trainer.drawing import LABELS, write_parts


@pytest.fixture
def document(rules_artifact: Artifact) -> ModelDocument:
    return rules_artifact.document


@pytest.fixture
def prepared(parts: LabelledImages, document: ModelDocument, tmp_path: Path) -> PreparedImages:
    return prepare_images(parts.images, document, LABELS, tmp_path)


def test_a_batch_is_what_the_edge_would_feed_its_model(prepared: PreparedImages, document: ModelDocument) -> None:
    batch = prepared.batch(np.array([3, 7]))
    expected, _ = Preprocessor(document).run(decode(prepared.images[3].path.read_bytes(), document))
    assert np.array_equal(batch.images[:1], expected)
    assert [LABELS[place] for place in batch.classes] == [prepared.images[3].label, prepared.images[7].label]


def test_batches_cover_the_rows_once_and_in_order(prepared: PreparedImages) -> None:
    rows = prepared.rows("train")
    sizes = [len(batch.classes) for batch in prepared.batches(rows, 5)]
    assert sizes == [5, 5, 5, 5, 4]
    classes = np.concatenate([batch.classes for batch in prepared.batches(rows, 5)])
    assert np.array_equal(classes, prepared.classes[rows])
    assert list(prepared.batches(rows[:0], 5)) == []


def test_a_view_is_repeatable_and_depends_on_its_seed(prepared: PreparedImages) -> None:
    rows = np.array([0, 1])
    one, same, other = (prepared.batch(rows, View(how=Augmentation(), seed=seed)).images for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_places_follow_the_boxes(prepared: PreparedImages) -> None:
    row = next(row for row, image in enumerate(prepared.images) if image.label == "spot")
    places = prepared.batch(np.array([row]), View(grid=(8, 8))).places[0]
    box = prepared.images[row].boxes[0]
    assert places[(box.y + box.h // 2) // 8, (box.x + box.w // 2) // 8] == LABELS.index("spot")
    assert (places > 0).sum() <= 9


def test_broken_images_are_listed(tmp_path: Path, document: ModelDocument) -> None:
    data = write_parts(tmp_path / "data", each=2)
    data.images[0].path.write_bytes(b"no picture")
    prepared = prepare_images(data.images, document, LABELS, tmp_path)
    assert [item.file for item in prepared.skipped] == [data.images[0].file]
    assert len(prepared.images) == len(prepared.pixels) == len(prepared.boxes) == 5


def test_nothing_but_broken_images_is_bad_usage(tmp_path: Path, document: ModelDocument) -> None:
    data = write_parts(tmp_path / "data", each=1)
    for image in data.images:
        image.path.write_bytes(b"")
    with pytest.raises(UsageError, match="none of 3 images can be read"):
        prepare_images(data.images, document, LABELS, tmp_path)


def test_a_label_the_model_does_not_know_is_bad_usage(parts: LabelledImages, document: ModelDocument) -> None:
    with pytest.raises(UsageError, match="spot"):
        prepare_images(parts.images, document, ("good", "scratch"), Path())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
def test_a_full_disk_is_told_in_words(parts: LabelledImages, document: ModelDocument, tmp_path: Path) -> None:
    (tmp_path / "pixels.bin").symlink_to("/dev/full")
    with pytest.raises(TrainerError, match="No space left"):
        prepare_images(parts.images, document, LABELS, tmp_path)
