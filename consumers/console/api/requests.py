"""Asking for labels: named frames, or all of a span of time, past and to come."""

import uuid
from typing import Annotated

from fastapi import APIRouter

from consumers.console.auditing import record
from consumers.console.auth.callers import Caller, requires
from consumers.console.errors import problems
from consumers.console.labeling.requesting import Wish, resolve
from consumers.console.permissions import Permission
from consumers.console.publishing import Outgoing
from consumers.console.services import ServicesDep
from consumers.console.views.requests import RequestBody, RequestedView
from schemas.topics import LABELING_REQUESTS

router = APIRouter(tags=["label"])


@router.post("/labeling-requests", status_code=201, responses=problems(503))
def request_labels(
    caller: Annotated[Caller, requires(Permission.REQUEST_LABELS)], services: ServicesDep, body: RequestBody
) -> RequestedView:
    """Have frames labeled. The queue drops what is asked already and closes what it has no place for."""
    wish = Wish(
        edge_id=body.edge_id,
        frame_ids=body.frame_ids,
        from_us=body.from_us,
        to_us=body.to_us,
        verdicts=body.verdicts,
        limit=body.limit,
        note=body.note,
        priority=body.priority,
        skill=body.skill,
    )
    now = services.clock()
    with services.database.read() as session:
        requests = resolve(session, wish, f"request-{uuid.uuid4().hex}", caller.name, now)
    services.publisher.send_all(
        Outgoing(topic=LABELING_REQUESTS, record=request, event_id=request.event_id, key=request.edge_id)
        for request in requests
    )
    frames = sum(len(request.frames) for request in requests)
    after = {"frames": frames, "from_us": body.from_us, "to_us": body.to_us, "note": body.note}
    subject = f"{body.edge_id}/{requests[0].request_id}"
    with services.database.write() as session:
        record(session, caller, "labels.request", subject, at_us=now, after=after)
    return RequestedView(request_id=requests[0].request_id, frames=frames)
