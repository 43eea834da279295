"""A dataset is proven by reading every image again."""

from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from consumers.datasets.build import build_dataset
from consumers.datasets.publishing import publish
from consumers.datasets.selection import Selection
from consumers.datasets.verifying import verify_dataset
from infra.blobs import BlobStore, open_blobs
from infra.settings import Settings
from schemas.records import Label
from tests.consumers.datasets.makers import CODEC, DAY_US, START_US, Line, picture

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
