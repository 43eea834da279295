"""Datasets to look at."""

import pytest

from consumers.console.datasets import Manifests, dataset_of, detail_view, diff, find, image_view, page, with_digest
from consumers.console.errors import ProblemError
from consumers.console.services import Services
from consumers.console.tables.ledger import DatasetRow
from consumers.console.views.datasets import DatasetDetailView, DatasetDiffView, DatasetImagesView
from consumers.datasets.manifest import Manifest, manifest_bytes
from tests.consumers.console.labeling.rows import fill
from tests.consumers.console.manifests import made_image, made_manifest


def stored(services: Services, manifest: Manifest, name: str = "plates", built_at_us: int = 5) -> DatasetRow:
    """A dataset in blob store and table."""
    check = services.blobs.put(manifest_bytes(manifest))
    row = DatasetRow(
        name=name,
        digest=manifest.digest,
        manifest={"reference": check.reference, "sha256": check.sha256, "size": check.size},
        built_at_us=built_at_us,
        built_by="dora",
        edge_ids=["press-1"],
        frames=len(manifest.images),
        missing=1,
        size=8000,
        classes={"good": 4, "dent": 4},
        splits={"train": 4},
        selection={"edges": "press-1"},
    )
    fill(services.database, row)
    return row


def test_a_detail_says_what_the_manifest_says(services: Services) -> None:
    manifest = made_manifest()
    stored(services, manifest, "old")
    row = stored(services, manifest, "new", 9)
    with services.database.read() as session:
        rows = with_digest(session, manifest.digest)
        assert find(session, manifest.digest).name == "new"
    shown = detail_view(rows, Manifests(services.blobs).of(row))
    shown = DatasetDetailView.model_validate_json(shown.model_dump_json())
    assert (shown.name, shown.names, shown.balance) == ("new", ["new", "old"], manifest.header.balance)
    assert (shown.agreement.kappa, shown.left_out, shown.labelers) == (0.4, {"disputed": 1}, {"ann": 8})
    assert dataset_of(row).key == f"new:{manifest.digest}"


def test_a_manifest_that_is_gone_says_so(services: Services) -> None:
    manifest = made_manifest()
    row = stored(services, manifest)
    kept = Manifests(services.blobs)
    assert kept.of(row) is kept.of(row)
    digest = row.manifest["sha256"]
    (services.settings.data_dir / "blobs" / digest[:2] / digest[2:4] / digest).unlink()
    assert kept.of(row).digest == manifest.digest
    with pytest.raises(ProblemError, match="is not in the blob store") as problem:
        Manifests(services.blobs).of(row)
    assert (problem.value.status, problem.value.code) == (404, "manifest_missing")


def test_an_unknown_digest_is_not_found(services: Services) -> None:
    with services.database.read() as session, pytest.raises(ProblemError, match="no dataset has the digest"):
        find(session, "sha256:" + "0" * 64)


@pytest.mark.parametrize(
    ("split", "label", "expected"),
    [(None, None, list(range(8))), ("train", None, [0, 1, 4, 5]), (None, "dent", [1, 3, 5, 7]), ("test", "good", [])],
)
def test_pages_show_every_image_once(split: str | None, label: str | None, expected: list[int]) -> None:
    seen: list[int] = []
    cursor = None
    while True:
        shown = page(made_manifest(), split, label, cursor, 3)
        shown = DatasetImagesView.model_validate_json(shown.model_dump_json())
        seen += [item.captured_at_us for item in shown.items]
        cursor = shown.next_cursor
        if cursor is None:
            break
    assert seen == expected


def test_an_image_without_a_label_is_shown() -> None:
    shown = image_view(made_image(1, label=None))
    assert (shown.label, shown.boxes, shown.labelers, shown.state) == (None, [], [], None)
    assert image_view(made_image(1)).boxes[0].x == 1


def test_a_diff_names_what_was_added_removed_and_changed() -> None:
    one, two, three = (made_image(number) for number in (1, 2, 3))
    shown = diff(made_manifest(one, two), made_manifest(made_image(1, split="test"), three, made_image(4)))
    shown = DatasetDiffView.model_validate_json(shown.model_dump_json())
    assert (shown.same, shown.added, shown.removed, shown.changed, shown.moved) == (0, 2, 1, 1, 1)
    assert shown.removed_images == [two.sha256]
    (changed,) = shown.changed_images
    assert (changed.split_before, changed.split_after, changed.boxes_changed) == ("train", "test", False)
    assert diff(made_manifest(), made_manifest()).same == 8
