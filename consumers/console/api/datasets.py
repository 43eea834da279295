"""Datasets: look, compare, take away, build."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from consumers.console.auditing import record
from consumers.console.auth.callers import Caller, requires
from consumers.console.builds import selection_from
from consumers.console.datasets import dataset_view, detail_view, diff, find, page, with_digest
from consumers.console.downloads import archive
from consumers.console.errors import ProblemError, problems
from consumers.console.event_views import build_view
from consumers.console.features import FeaturesDep
from consumers.console.permissions import Permission
from consumers.console.services import ServicesDep
from consumers.console.tables.builds import BuildRow
from consumers.console.tables.ledger import DatasetRow
from consumers.console.views.datasets import (
    BuildBody,
    BuildView,
    DatasetDetailView,
    DatasetDiffView,
    DatasetImagesView,
    DatasetView,
    Digest,
    DownloadFormat,
    Split,
)
from consumers.console.views.fields import Word
from consumers.datasets.errors import SelectionError
from consumers.datasets.manifest import manifest_lines

router = APIRouter(tags=["datasets"])
Reader = Annotated[Caller, requires(Permission.READ_DATASETS)]
Builder = Annotated[Caller, requires(Permission.BUILD_DATASETS)]
_Digest = Annotated[Digest, Path(description="`sha256:<hex>`")]
_LISTED: Final = 500  # datasets and builds, the newest
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            "application/zip": {"schema": {"type": "string", "format": "binary"}},
            "application/jsonl": {"schema": {"type": "string", "format": "binary"}},
        },
        "description": "The file.",
    },
    **problems(404, 503),
}


@router.get("/datasets")
def datasets(_caller: Reader, services: ServicesDep) -> list[DatasetView]:
    """Datasets, the newest first."""
    query = select(DatasetRow).order_by(DatasetRow.built_at_us.desc(), DatasetRow.name).limit(_LISTED)
    with services.database.read() as session:
        return [dataset_view(row) for row in session.scalars(query)]


@router.get("/datasets/{digest}", responses=problems(404, 503))
def dataset(_caller: Reader, services: ServicesDep, features: FeaturesDep, digest: _Digest) -> DatasetDetailView:
    """One dataset, with what its manifest says."""
    with services.database.read() as session:
        row = find(session, digest)
        rows = with_digest(session, digest)
    return detail_view(rows, features.manifests.of(row))


@router.get("/datasets/{digest}/frames", responses=problems(404, 503))
def frames(
    _caller: Reader,
    services: ServicesDep,
    features: FeaturesDep,
    digest: _Digest,
    split: Split | None = None,
    label: Word | None = None,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 60,
) -> DatasetImagesView:
    """Images of a dataset, by sha256."""
    with services.database.read() as session:
        row = find(session, digest)
    return page(features.manifests.of(row), split, label, cursor, limit)


@router.get("/datasets/{digest}/download", response_class=StreamingResponse, responses=_FILE)
def download(
    _caller: Reader,
    services: ServicesDep,
    features: FeaturesDep,
    digest: _Digest,
    format_: Annotated[DownloadFormat, Query(alias="format")] = "manifest",
) -> StreamingResponse:
    """The manifest as JSON lines, or images and labels as a ZIP that is put together while it is sent."""
    with services.database.read() as session:
        row = find(session, digest)
    manifest = features.manifests.of(row)
    name = f"{row.name}-{digest[7:19]}"
    if format_ == "manifest":
        return _file(manifest_lines(manifest), f"{name}.jsonl", "application/jsonl")
    return _file(archive(services, manifest, format_), f"{name}-{format_}.zip", "application/zip")


def _file(chunks: Iterator[bytes], name: str, media_type: str) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(chunks, media_type=media_type, headers=headers)


@router.get("/dataset-diff", responses=problems(404, 503))
def dataset_diff(
    _caller: Reader,
    services: ServicesDep,
    features: FeaturesDep,
    a: Annotated[Digest, Query(description="the older one")],
    b: Annotated[Digest, Query(description="the newer one")],
) -> DatasetDiffView:
    """What is different in b: images, labels, boxes, splits."""
    with services.database.read() as session:
        rows = find(session, a), find(session, b)
    return diff(*(features.manifests.of(row) for row in rows))


@router.post("/dataset-builds", status_code=202)
def ask_for_build(caller: Builder, services: ServicesDep, features: FeaturesDep, body: BuildBody) -> BuildView:
    """Build a dataset, or see what would come of it, in the background."""
    wanted = body.model_dump(mode="json", exclude={"preview"})
    selection = selection_from(wanted)
    try:
        selection.checked(services.clock())
    except SelectionError as error:
        raise ProblemError(422, "selection_invalid", str(error)) from error
    row = features.builds.ask(selection, wanted, by=caller.name, role=caller.role, preview=body.preview)
    return build_view(row)


@router.get("/dataset-builds")
def builds(_caller: Reader, services: ServicesDep) -> list[BuildView]:
    """Builds, the newest first."""
    query = select(BuildRow).order_by(BuildRow.asked_at_us.desc(), BuildRow.build_id).limit(_LISTED)
    with services.database.read() as session:
        return [build_view(row) for row in session.scalars(query)]


@router.get("/dataset-builds/{build_id}", responses=problems(404))
def build(_caller: Reader, services: ServicesDep, build_id: Annotated[Word, Path()]) -> BuildView:
    """How a build goes."""
    with services.database.read() as session:
        row = session.get(BuildRow, build_id)
    if row is None:
        raise ProblemError(404, "build_unknown", f"there is no build {build_id!r}: look in the list of builds")
    return build_view(row)


@router.post("/dataset-builds/{build_id}/cancel", responses=problems(404))
def cancel_build(
    caller: Builder, services: ServicesDep, features: FeaturesDep, build_id: Annotated[Word, Path()]
) -> BuildView:
    """Stop a build; one that is over stays as it is."""
    found = build(caller, services, build_id)
    if found.state in ("queued", "running"):
        features.builds.cancel(build_id)
        with services.database.write() as session:
            record(session, caller, "dataset.build.cancel", build_id, at_us=services.clock())
    return build(caller, services, build_id)
