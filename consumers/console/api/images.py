"""Images by hash and by frame: as captured, small, with boxes."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Path, Query, Response
from sqlalchemy.orm import Session

from consumers.console.auth.callers import Caller, requires
from consumers.console.errors import problems
from consumers.console.features import Features, FeaturesDep
from consumers.console.images import LARGEST_WIDTH, SMALLEST_WIDTH, Rendering
from consumers.console.permissions import Permission
from consumers.console.services import ServicesDep
from consumers.console.showing import Place, place_of_frame, place_of_hash
from consumers.console.tables.inspections import InspectionRow
from consumers.console.tables.labels import ImageLabelRow, LabelRow
from consumers.console.views.fields import LARGEST_INTEGER, Word
from schemas.records import Box

router = APIRouter(tags=["images"])
Viewer = Annotated[Caller, requires(Permission.MONITOR)]
_Width = Annotated[
    int | None,
    Query(ge=SMALLEST_WIDTH, le=LARGEST_WIDTH, description="at most so wide, as JPEG; left out: as captured"),
]
# Bytes under a hash or a frame never change; `private`: images are confidential, no shared cache may keep them.
_FOR_EVER: Final = "private, max-age=31536000, immutable"
_ASK_AGAIN: Final = "private, no-cache"
_IMAGE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/jpeg", "image/png")},
        "description": "The image.",
    },
    304: {"description": "The browser has it."},
    **problems(404, 503),
}
_Tag = Annotated[str | None, Header(alias="If-None-Match")]


@router.get("/images/{sha256}", response_class=Response, responses=_IMAGE)
def image(
    _caller: Viewer,
    services: ServicesDep,
    features: FeaturesDep,
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="of the image's bytes")],
    width: _Width = None,
    edge_id: Annotated[Word | None, Query(description="not needed; kept for links that name it")] = None,
    if_none_match: _Tag = None,
) -> Response:
    """An image by its hash: from the blob store, else from Kafka where its frame lies."""
    rendering = Rendering(width=width)
    if _has(if_none_match, rendering.tag(sha256)):
        return _not_modified(rendering.tag(sha256), _FOR_EVER)
    with services.database.read() as session:
        place = place_of_hash(session, sha256)
    return _answer(features, place, rendering, None, _FOR_EVER)


@router.get("/frames/{camera_id}/{sequence}/image", response_class=Response, responses=_IMAGE)
def frame_image(
    _caller: Viewer,
    services: ServicesDep,
    features: FeaturesDep,
    camera_id: Annotated[Word, Path()],
    sequence: Annotated[int, Path(ge=0, le=LARGEST_INTEGER)],
    width: _Width = None,
    boxes: Annotated[
        Literal["verdict", "label"] | None, Query(description="draw the model's boxes, or the counting label's")
    ] = None,
    if_none_match: _Tag = None,
) -> Response:
    """A frame's image."""
    with services.database.read() as session:
        place = place_of_frame(session, camera_id, sequence)
        rendering = Rendering(width=width, boxes=_boxes(session, camera_id, sequence, place.sha256, boxes))
    # Labels change, and an inspection may come later than the first look; the tag says whether the boxes did.
    return _answer(features, place, rendering, if_none_match, _FOR_EVER if boxes is None else _ASK_AGAIN)


def _boxes(session: Session, camera_id: str, sequence: int, sha256: str, whose: str | None) -> tuple[Box, ...]:
    if whose == "verdict":
        inspection = session.get(InspectionRow, (camera_id, sequence))
        found = [] if inspection is None else inspection.boxes
    elif whose == "label":
        counts = session.get(ImageLabelRow, sha256)
        label = None if counts is None else session.get(LabelRow, counts.label_id)
        found = [] if label is None else label.boxes
    else:
        found = []
    return tuple(Box(**box) for box in found)


def _answer(features: Features, place: Place, rendering: Rendering, has: str | None, caching: str) -> Response:
    tag = rendering.tag(place.sha256)
    if _has(has, tag):
        return _not_modified(tag, caching)
    shown = features.images.show(place, rendering)
    return Response(shown.data, media_type=shown.content_type, headers=_headers(tag, caching))


def _has(if_none_match: str | None, tag: str) -> bool:
    """Whether the browser has this very image (RFC 9110, section 13.1.2)."""
    named = {part.strip().removeprefix("W/") for part in (if_none_match or "").split(",")}
    return f'"{tag}"' in named


def _not_modified(tag: str, caching: str) -> Response:
    return Response(status_code=304, headers=_headers(tag, caching))


def _headers(tag: str, caching: str) -> dict[str, str]:
    return {"ETag": f'"{tag}"', "Cache-Control": caching, "X-Content-Type-Options": "nosniff"}
