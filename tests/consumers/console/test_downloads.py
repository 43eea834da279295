"""Datasets to take away."""

import io
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import get_args

import pytest

from consumers.console.downloads import MISSING_FILE, annotated, archive
from consumers.console.services import Services
from consumers.console.views.datasets import ArchiveFormat
from consumers.datasets.formats import FORMATS, AnnotatedImage
from tests.consumers.console.manifests import made_image, made_manifest
from tests.consumers.console.test_images import encoded, gradient

PICTURES = [encoded(".jpg", gradient(640, 480 - number)) for number in range(3)]


@pytest.mark.parametrize("form", get_args(ArchiveFormat))
def test_an_archive_is_read_back_in_its_format(services: Services, tmp_path: Path, form: ArchiveFormat) -> None:
    images = []
    for number, data in enumerate(PICTURES):
        services.blobs.put(data)
        images.append(made_image(number, sha256=sha256(data).hexdigest(), height=480 - number))
    manifest = made_manifest(*images, made_image(7), made_image(9, label=None, sha256="9" * 64))
    with zipfile.ZipFile(io.BytesIO(b"".join(archive(services, manifest, form)))) as opened:
        assert opened.testzip() is None
        opened.extractall(tmp_path)
        missing = opened.read(MISSING_FILE).decode().splitlines()
    assert len(missing) == 2
    known = FORMATS["jsonl" if form == "folder" else form]
    read = [row for row in known.read(tmp_path, tmp_path) if isinstance(row, AnnotatedImage)]
    assert {Path(row.file).stem for row in read} == {image.sha256 for image in images}
    for row in read:
        (image,) = [image for image in images if image.sha256 == Path(row.file).stem]
        assert image.label is not None
        assert row.boxes == image.label.boxes
        assert (tmp_path / known.images_folder / Path(row.file).name).read_bytes() in PICTURES


def test_an_image_without_label_is_not_called_good() -> None:
    row = annotated(made_image(1, label=None), "images")
    assert (row.label, row.boxes, row.labeler, row.split) == (None, (), None, "train")
