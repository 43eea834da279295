"""Datasets out of a real Kafka: the same contents have the same digest, and what expired is found or named."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from consumers.datasets.build import build_dataset
from consumers.datasets.comparing import diff_manifests
from consumers.datasets.errors import ImagesMissingError, ManifestError, SelectionError
from consumers.datasets.frame_images import FrameImages
from consumers.datasets.publishing import publish
from consumers.datasets.registry import find_dataset, load_manifest, read_datasets
from consumers.datasets.selection import Selection
from consumers.datasets.verifying import verify_dataset
from infra.blobs import BlobStore, open_blobs
from infra.kafka import read_to_end
from infra.settings import Settings
from schemas.records import AuditEvent, Dataset, Label
from schemas.topics import AUDIT
from tests.consumers.datasets.makers import CODEC, DAY_US, START_US, Line, corrected, picture

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
FRAMES = 40


@pytest.fixture
def blobs(broker_settings: Settings) -> BlobStore:
    return open_blobs(broker_settings)


@pytest.fixture
def line(broker_settings: Settings, blobs: BlobStore, unique: str) -> Line:
    """Forty frames of an edge in Kafka, none labeled."""
    line = Line(broker_settings, blobs, unique)
    line.capture([picture(seed) for seed in range(FRAMES)])
    return line


def selection(line: Line, **more: object) -> Selection:
    wanted = Selection(name="plates", edge_ids=(line.edge,), from_us=START_US, to_us=START_US + DAY_US)
    return replace(wanted, **more)  # type: ignore[arg-type]


def send(line: Line, labels: list[Label]) -> None:
    publish(line.settings, CODEC, labels, "/test")


def label_all(line: Line, numbers: range = range(FRAMES)) -> list[Label]:
    labels = [line.label_of(number, "scratch" if number % 4 == 0 else "good") for number in numbers]
    send(line, labels)
    return labels


def expire(admin: AdminClient, line: Line, before: int) -> None:
    """Do what retention does: the frames before this one are gone."""
    place = line.locations[before]
    asked = TopicPartition(place.topic, place.partition, place.offset)
    for result in admin.delete_records([asked]).values():
        result.result(30)


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


def test_what_expired_is_found_in_the_blob_store_and_the_rest_is_named(
    line: Line, blobs: BlobStore, admin: AdminClient
) -> None:
    labels = label_all(line, range(0, FRAMES, 2))
    for number in range(0, FRAMES, 2):  # as archive does when a task opens
        blobs.put(line.images[number])
    labels += label_all(line, range(1, FRAMES, 2))
    expire(admin, line, FRAMES // 2)

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
    audits = [CODEC.decode(message.value(), AuditEvent) for message in read_to_end(line.settings, AUDIT.name)]
    mine = [event for event in audits if event.subject == record.key]
    assert [(event.action, event.actor) for event in mine] == [("dataset.build", "ann")]


def test_verify_reads_every_image_again(line: Line, blobs: BlobStore, admin: AdminClient) -> None:
    label_all(line)
    built = build_dataset(line.settings, blobs, selection(line), built_by="ann")
    expire(admin, line, FRAMES - 1)
    assert verify_dataset(line.settings, blobs, "plates", built.manifest, from_topics=True).holds

    damaged = next(image for image in built.manifest.images if image.frame_id == "cam-1/3")
    folder = Path(blobs.url) / damaged.sha256[:2] / damaged.sha256[2:4]
    (folder / damaged.sha256).write_bytes(b"something else")
    found = verify_dataset(line.settings, blobs, "plates", built.manifest)

    assert not found.holds
    assert [one.sha256 for one in found.missing] == [damaged.sha256]
    assert "damaged" in found.missing[0].reason


def test_a_manifest_that_was_changed_is_refused(line: Line, blobs: BlobStore) -> None:
    label_all(line)
    record = build_dataset(line.settings, blobs, selection(line), built_by="ann").record
    text = blobs.get(record.manifest).replace(b'"label":"scratch"', b'"label":"good"')
    forged = Dataset(**{**{f: getattr(record, f) for f in record.__struct_fields__}, "manifest": blobs.put(text)})

    with pytest.raises(ManifestError, match="it was changed or cut off"):
        load_manifest(blobs, forged)


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
