"""Datasets out of a real Kafka: the same contents have the same digest, and what expired is found or named."""

from hashlib import sha256
from pathlib import Path

import pytest

from consumers.datasets.build import build_dataset
from consumers.datasets.comparing import diff_manifests
from consumers.datasets.errors import ImagesMissingError, ManifestError
from consumers.datasets.frame_images import FrameImages
from consumers.datasets.registry import load_manifest, read_datasets
from infra.blobs import BlobStore, open_blobs
from infra.settings import Settings
from schemas.records import Dataset
from tests.consumers.datasets.makers import CODEC, DAY_US, Line, captured_line, corrected
from tests.consumers.datasets.plates import FRAMES, label_all, selection, send

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture
def blobs(broker_settings: Settings) -> BlobStore:
    return open_blobs(broker_settings)


@pytest.fixture
def line(broker_settings: Settings, unique: str) -> Line:
    return captured_line(broker_settings, unique, FRAMES)


def test_corrections_make_another_dataset_and_the_first_can_be_built_again_elsewhere(
    line: Line, blobs: BlobStore, tmp_path: Path
) -> None:
    labels = label_all(line)
    before_corrections = labels[-1].labeled_at_us
    first = build_dataset(line.settings, blobs, selection(line), built_by="ann")
    send(line, [corrected(label, DAY_US, label="dent", boxes=[]) for label in labels[:10]])

    second = build_dataset(line.settings, blobs, selection(line), built_by="ann")
    elsewhere = Settings(bootstrap_servers=line.settings.bootstrap_servers, data_dir=tmp_path / "another-machine")
    again = build_dataset(
        elsewhere, open_blobs(elsewhere), selection(line, labels_until_us=before_corrections), built_by="bob"
    )

    assert first.record.digest == again.record.digest
    assert second.record.digest != first.record.digest
    difference = diff_manifests(first.manifest, second.manifest)
    assert (len(difference.changed), difference.added, difference.removed, difference.moved) == (10, (), (), 0)
    assert {image.sha256 for image in first.manifest.images} == {sha256(image).hexdigest() for image in line.images}
    with FrameImages(elsewhere, open_blobs(elsewhere)) as images:
        for image in again.manifest.images:
            assert sha256(images.get(image.sha256).data).hexdigest() == image.sha256


def test_what_expired_is_found_in_the_blob_store_and_the_rest_is_named(line: Line, blobs: BlobStore) -> None:
    labels = label_all(line, range(0, FRAMES, 2))
    for number in range(0, FRAMES, 2):  # as archive does when a task opens
        blobs.put(line.images[number])
    labels += label_all(line, range(1, FRAMES, 2))
    line.expire(FRAMES // 2)

    with pytest.raises(ImagesMissingError, match="10 images are missing, and nothing was written") as stopped:
        build_dataset(line.settings, blobs, selection(line), built_by="ann")

    assert len(stopped.value.missing) == 10
    assert all("is not in Kafka" in one and "is not in" in one for one in stopped.value.missing)
    assert stopped.value.missing[0].startswith("cam-1/")
    assert not [one for one in read_datasets(line.settings, CODEC) if line.edge in one.edge_ids]
    assert not blobs.has(line.locations[FRAMES - 1].sha256)

    built = build_dataset(line.settings, blobs, selection(line, allow_missing=True), built_by="ann")
    assert (built.record.frames, built.record.missing) == (30, 10)
    assert {one.frame_id for one in built.manifest.missing} == {f"cam-1/{number}" for number in range(1, 20, 2)}


def test_a_manifest_that_was_changed_is_refused(line: Line, blobs: BlobStore) -> None:
    label_all(line)
    record = build_dataset(line.settings, blobs, selection(line), built_by="ann").record
    text = blobs.get(record.manifest).replace(b'"label":"scratch"', b'"label":"good"')
    forged = Dataset(**{**{f: getattr(record, f) for f in record.__struct_fields__}, "manifest": blobs.put(text)})

    with pytest.raises(ManifestError, match="it was changed or cut off"):
        load_manifest(blobs, forged)
