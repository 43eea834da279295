"""Datasets to look at: manifests, pages of their images, what two of them differ in."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from consumers.console.cursors import read_cursor, write_cursor
from consumers.console.errors import ProblemError
from consumers.console.labeling.task_views import THUMBNAIL_WIDTH
from consumers.console.tables.ledger import DatasetRow
from consumers.console.views.datasets import (
    AgreementView,
    ChangedImageView,
    DatasetDetailView,
    DatasetDiffView,
    DatasetImagesView,
    DatasetImageView,
    DatasetView,
)
from consumers.console.views.fields import BoxView
from consumers.datasets.comparing import diff_manifests
from consumers.datasets.errors import ManifestError
from consumers.datasets.manifest import DatasetImage, Manifest
from consumers.datasets.registry import load_manifest
from infra.blobs import BlobStore
from schemas.records import ClaimCheck, Dataset

_KEPT: Final = 4  # manifests in memory: 100,000 images are about 100 MB
LISTED: Final = 1000


class Manifests:
    """Manifests by digest, the last few kept. Safe to share between threads."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._kept: OrderedDict[str, Manifest] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, row: DatasetRow) -> Manifest:
        """The verified manifest of a dataset; ProblemError 404 `manifest_missing` when it is gone or damaged."""
        with self._lock:  # two who ask for the same large manifest read it once
            if row.digest in self._kept:
                self._kept.move_to_end(row.digest)
                return self._kept[row.digest]
            try:
                manifest = load_manifest(self._blobs, dataset_of(row))
            except ManifestError as error:
                raise ProblemError(404, "manifest_missing", str(error)) from error
            self._kept[row.digest] = manifest
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return manifest


def dataset_of(row: DatasetRow) -> Dataset:
    """The record that a row came from."""
    values = {name: getattr(row, name) for name in Dataset.__struct_fields__ if name != "manifest"}
    return Dataset(**values, manifest=ClaimCheck(**row.manifest))


def find(session: Session, digest: str) -> DatasetRow:
    """The newest dataset with these contents; ProblemError 404 when there is none."""
    rows = with_digest(session, digest)
    if not rows:
        raise ProblemError(404, "dataset_unknown", f"no dataset has the digest {digest}: build it, or look in the list")
    return rows[0]


def with_digest(session: Session, digest: str) -> Sequence[DatasetRow]:
    """Every dataset with these contents, the newest first."""
    query = select(DatasetRow).where(DatasetRow.digest == digest).order_by(DatasetRow.built_at_us.desc())
    return session.scalars(query).all()


def dataset_view(row: DatasetRow) -> DatasetView:
    """A dataset's view."""
    return DatasetView.model_construct(**{name: getattr(row, name) for name in DatasetView.model_fields})


def detail_view(rows: Sequence[DatasetRow], manifest: Manifest) -> DatasetDetailView:
    """A dataset and what its manifest says; `rows` are all with its digest, the newest first."""
    header = manifest.header
    agreement = header.agreement
    return DatasetDetailView.model_construct(
        **dict(dataset_view(rows[0])),
        names=sorted({row.name for row in rows}),
        balance=header.balance,
        labelers=header.labelers,
        states=header.states,
        agreement=AgreementView.model_construct(pairs=agreement.pairs, agreed=agreement.agreed, kappa=agreement.kappa),
        unlabeled=header.unlabeled,
        twins=sum(image.twin_of is not None for image in manifest.images),
        left_out=header.left_out,
    )


def page(manifest: Manifest, split: str | None, label: str | None, cursor: str | None, limit: int) -> DatasetImagesView:
    """A page of the images, by sha256."""
    after = "" if cursor is None else read_cursor(cursor, str)[0]
    fitting = [
        image
        for image in manifest.images
        if image.sha256 > after
        and split in (None, image.split)
        and (label is None or (image.label is not None and image.label.label == label))
    ]
    shown = fitting[:limit]
    more = write_cursor((shown[-1].sha256,)) if len(fitting) > limit else None
    return DatasetImagesView.model_construct(items=[image_view(image) for image in shown], next_cursor=more)


def image_view(image: DatasetImage) -> DatasetImageView:
    """One image's view."""
    label = image.label
    return DatasetImageView.model_construct(
        sha256=image.sha256,
        split=image.split,
        edge_id=image.edge_id,
        frame_id=image.frame_id,
        captured_at_us=image.captured_at_us,
        width=image.width,
        height=image.height,
        label=None if label is None else label.label,
        boxes=[]
        if label is None
        else [BoxView.model_construct(label=b.label, x=b.x, y=b.y, w=b.w, h=b.h, score=None) for b in label.boxes],
        labelers=[] if label is None else list(label.labelers),
        state=None if label is None else label.state,
        part_id=image.part_id,
        product=image.product,
        twin_of=image.twin_of,
        image_url=f"/api/images/{image.sha256}",
        thumbnail_url=_thumbnail_url(image.sha256),
    )


def diff(a: Manifest, b: Manifest) -> DatasetDiffView:
    """What is different in b: labels, boxes, splits, whole images."""
    found = diff_manifests(a, b)
    return DatasetDiffView.model_construct(
        a=a.digest,
        b=b.digest,
        same=len(b.images) - len(found.added) - len(found.changed),
        added=len(found.added),
        removed=len(found.removed),
        changed=len(found.changed),
        moved=found.moved,
        added_images=list(found.added[:LISTED]),
        removed_images=list(found.removed[:LISTED]),
        changed_images=[
            ChangedImageView.model_validate(
                {**msgspec.to_builtins(image), "thumbnail_url": _thumbnail_url(image.sha256)}
            )
            for image in found.changed[:LISTED]
        ],
    )


def _thumbnail_url(sha256: str) -> str:
    return f"/api/images/{sha256}?width={THUMBNAIL_WIDTH}"
