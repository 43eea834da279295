"""Builds select, tell, are audited and show how far they are."""

import pytest

from consumers.datasets.build import build_dataset
from consumers.datasets.errors import SelectionError
from consumers.datasets.registry import find_dataset, load_manifest, read_datasets
from infra.blobs import BlobStore, open_blobs
from infra.settings import Settings
from schemas.records import Dataset
from tests.audit import audit_events
from tests.consumers.datasets.makers import CODEC, DAY_US, START_US, Line, captured_line
from tests.consumers.datasets.plates import FRAMES, label_all, selection

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture
def blobs(broker_settings: Settings) -> BlobStore:
    return open_blobs(broker_settings)


@pytest.fixture
def line(broker_settings: Settings, unique: str) -> Line:
    return captured_line(broker_settings, unique, FRAMES)


def test_unlabeled_frames_are_taken_on_request(line: Line, blobs: BlobStore) -> None:
    label_all(line, range(5))

    built = build_dataset(line.settings, blobs, selection(line, label_filter="any"), built_by="ann")

    assert (built.manifest.header.images, built.manifest.header.unlabeled) == (FRAMES, FRAMES - 5)


def test_times_classes_and_edges_select(line: Line, blobs: BlobStore) -> None:
    label_all(line)
    late = line.captured_at_us(20)

    built = build_dataset(line.settings, blobs, selection(line, from_us=late, classes=("scratch",)), built_by="ann")

    assert {image.frame_id for image in built.manifest.images} == {f"cam-1/{n}" for n in range(20, FRAMES, 4)}
    with pytest.raises(SelectionError, match="none of 40 labeled images"):
        build_dataset(line.settings, blobs, selection(line, from_us=START_US + DAY_US // 2), built_by="ann")
    with pytest.raises(SelectionError, match="have no label at all"):
        build_dataset(line.settings, blobs, selection(line, edge_ids=("nobody",)), built_by="ann")


def test_progress_ends_with_everything_done(line: Line, blobs: BlobStore) -> None:
    label_all(line)
    seen: dict[str, tuple[int, int]] = {}

    build_dataset(
        line.settings,
        blobs,
        selection(line),
        built_by="ann",
        on_progress=lambda at: seen.update({at.phase: (at.done, at.total)}),
    )

    assert set(seen) == {"labels", "images", "keeping", "writing"}
    assert all(done == total for done, total in seen.values())
    assert seen["images"] == (FRAMES, FRAMES)


def test_a_built_dataset_is_told_of_and_audited(line: Line, blobs: BlobStore) -> None:
    label_all(line)
    built = build_dataset(line.settings, blobs, selection(line, name=f"set-{line.edge}"), built_by="ann")

    record = find_dataset(read_datasets(line.settings, CODEC), f"set-{line.edge}")
    assert record == built.record
    assert find_dataset([record], record.digest[:20]) == record
    assert load_manifest(blobs, record) == built.manifest
    assert isinstance(record, Dataset)
    assert record.classes == {"good": 30, "scratch": 10}
    assert sum(record.splits.values()) == FRAMES
    audits = audit_events(line.settings)
    mine = [event for event in audits if event.subject == record.key]
    assert [(event.action, event.actor) for event in mine] == [("dataset.build", "ann")]
