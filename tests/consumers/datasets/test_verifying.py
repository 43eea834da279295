"""A dataset is proven by reading every image again."""

from pathlib import Path

import pytest

from consumers.datasets.build import build_dataset
from consumers.datasets.verifying import verify_dataset
from infra.blobs import BlobStore, open_blobs
from infra.settings import Settings
from tests.consumers.datasets.makers import Line, captured_line
from tests.consumers.datasets.plates import FRAMES, label_all, selection

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture
def blobs(broker_settings: Settings) -> BlobStore:
    return open_blobs(broker_settings)


@pytest.fixture
def line(broker_settings: Settings, unique: str) -> Line:
    return captured_line(broker_settings, unique, FRAMES)


def test_verify_reads_every_image_again(line: Line, blobs: BlobStore) -> None:
    label_all(line)
    built = build_dataset(line.settings, blobs, selection(line), built_by="ann")
    line.expire(FRAMES - 1)
    assert verify_dataset(line.settings, blobs, "plates", built.manifest, from_topics=True).holds

    damaged = next(image for image in built.manifest.images if image.frame_id == "cam-1/3")
    folder = Path(blobs.url) / damaged.sha256[:2] / damaged.sha256[2:4]
    (folder / damaged.sha256).write_bytes(b"something else")
    found = verify_dataset(line.settings, blobs, "plates", built.manifest)

    assert not found.holds
    assert [one.sha256 for one in found.missing] == [damaged.sha256]
    assert "damaged" in found.missing[0].reason
