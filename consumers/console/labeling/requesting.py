"""From a wish to the record that the labeling queue reads: it knows no past, so named frames travel with all they are.

A span of time becomes the frames that were inspected in it already, and, when it has not ended, a span from the newest
of them on for the queue to watch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from consumers.console.errors import ProblemError
from consumers.console.keys import is_one_of
from consumers.console.labeling.answers import location_of
from consumers.console.tables.inspections import InspectionRow
from schemas.errors import InvalidIdentifierError
from schemas.identifiers import frame_id, parse_frame_id
from schemas.records import Box, LabelingRequest, RequestedFrame
from schemas.records.inspection import Verdict
from schemas.records.labeling import Prediction

LATER: Final = "-later"
"""Suffix of the id of the part of a wish that is still to come."""
_AT_ONCE = 200  # keys in one query: SQLite takes 32,766 values, and a long list is slow to plan
_NAMED = 20  # ids that an error names
_BOXES = 16  # boxes of a prediction that travel: 500 frames stay below Kafka's 1 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants labeled: `frame_ids`, or what was captured in [from_us, to_us]."""

    edge_id: str
    frame_ids: Sequence[str]
    from_us: int | None
    to_us: int | None
    verdicts: Sequence[str]
    limit: int
    note: str
    priority: float
    skill: str | None


def resolve(
    session: Session, wish: Wish, request_id: str, requested_by: str, now_us: int
) -> tuple[LabelingRequest, ...]:
    """The requests: one that names frames, one for the span still to come, or both.

    ProblemError 422 names frames that are not known or of another edge, or says that the span is empty.
    """
    common: dict[str, Any] = {
        "edge_id": wish.edge_id,
        "origin": "person",
        "requested_by": requested_by,
        "requested_at_us": now_us,
        "note": wish.note,
        "verdicts": list(wish.verdicts),
        "priority": wish.priority,
        "skill": wish.skill,
    }
    if wish.from_us is None or wish.to_us is None:
        return (_naming(_named(session, wish), request_id, common),)
    rows = _of_span(session, wish)
    past = (_naming(rows, request_id, common),) if rows else ()
    if wish.to_us <= now_us or len(rows) >= wish.limit:
        if not rows:
            detail = f"no frame of edge {wish.edge_id} was inspected in that time with such a verdict: change the span"
            raise ProblemError(422, "nothing_to_label", detail)
        return past
    from_us = max(max((row.captured_at_us for row in rows), default=0) + 1, wish.from_us)
    span: dict[str, Any] = {"from_us": from_us, "to_us": wish.to_us, "limit": wish.limit - len(rows)}
    return (*past, LabelingRequest(request_id=f"{request_id}{LATER if rows else ''}", **span, **common))


def _naming(rows: Sequence[InspectionRow], request_id: str, common: dict[str, Any]) -> LabelingRequest:
    frames = [requested_frame(row) for row in rows]
    names = [frame_id(frame.camera_id, frame.sequence) for frame in frames]
    return LabelingRequest(request_id=request_id, frame_ids=names, frames=frames, limit=len(frames), **common)


def _named(session: Session, wish: Wish) -> list[InspectionRow]:
    keys = list(dict.fromkeys(_parsed(name) for name in wish.frame_ids))
    found: dict[tuple[str, int], InspectionRow] = {}
    for start in range(0, len(keys), _AT_ONCE):
        at = (InspectionRow.camera_id, InspectionRow.sequence)
        some = is_one_of(session, at, keys[start : start + _AT_ONCE])
        found |= {(row.camera_id, row.sequence): row for row in session.scalars(select(InspectionRow).where(some))}
    unknown = [f"{camera}/{number}" for camera, number in keys if (camera, number) not in found]
    foreign = [f"{key[0]}/{key[1]}" for key, row in found.items() if row.edge_id != wish.edge_id]
    for names, why in ((unknown, "never inspected, or too long ago"), (foreign, f"not of edge {wish.edge_id}")):
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            raise ProblemError(422, "frames_unknown", f"{why}: {', '.join(names[:_NAMED])}{more}")
    return [found[key] for key in keys]


def _parsed(name: str) -> tuple[str, int]:
    try:
        camera_id, sequence = parse_frame_id(name)
    except InvalidIdentifierError as error:
        raise ProblemError(422, "frames_unknown", str(error)) from error
    if sequence > 2**63 - 1:
        raise ProblemError(422, "frames_unknown", f"no camera numbered a frame {name}")
    return camera_id, sequence


def _of_span(session: Session, wish: Wish) -> list[InspectionRow]:
    """The newest inspections of the span, as many as asked for."""
    at = InspectionRow.captured_at_us
    query = select(InspectionRow).where(InspectionRow.edge_id == wish.edge_id, at >= wish.from_us, at <= wish.to_us)
    wanted = InspectionRow.verdict.in_(wish.verdicts) if wish.verdicts else InspectionRow.verdict != "error"
    return list(session.scalars(query.where(wanted).order_by(at.desc()).limit(wish.limit)))


def requested_frame(row: InspectionRow) -> RequestedFrame:
    """A frame with all that its task needs."""
    boxes = sorted((Box(**box) for box in row.boxes), key=lambda box: box.score or 0.0, reverse=True)[:_BOXES]
    judged = row.model is not None
    return RequestedFrame(
        camera_id=row.camera_id,
        sequence=row.sequence,
        captured_at_us=row.captured_at_us,
        frame=location_of(row),
        part_id=row.part_id,
        product=row.product,
        prediction=Prediction(label=row.defect_class, score=row.score or 0.0, boxes=boxes) if judged else None,
        verdict=msgspec.convert(row.verdict, Verdict),
    )
