"""GET /api/events: what changes, as it changes."""

import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from consumers.console.auth.callers import Caller, find_caller, requires
from consumers.console.errors import ProblemError, problems
from consumers.console.events import KINDS, Kind, Subscriber
from consumers.console.permissions import Permission
from consumers.console.services import Services, ServicesDep

router = APIRouter(tags=["events"])
_PING_S: Final = 10.0
_PING: Final = b": ping\n\n"
_MOST: Final = 500  # streams of one process
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "A stream without an end."}
}


@router.get("/events", response_class=StreamingResponse, responses={**_STREAM, **problems(503)})
async def listen(
    request: Request,
    services: ServicesDep,
    _caller: Annotated[Caller, requires(Permission.MONITOR)],
    kinds: Annotated[str, Query(description="kinds, separated by commas", max_length=200)] = ",".join(KINDS),
    edge_id: Annotated[str | None, Query(description="only this edge's", max_length=63)] = None,
) -> StreamingResponse:
    """Server-sent events of these kinds from now on: `event: <kind>`, `data: <the view>`, `id:`; a ping every 10 s."""
    wanted = _checked_kinds(kinds)
    if services.hub.subscribers >= _MOST:
        raise ProblemError(503, "too_many_streams", f"{_MOST} browsers listen to this console already: try again later")
    subscriber = services.hub.subscribe(wanted, edge_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(request, services, subscriber), media_type="text/event-stream", headers=headers)


def _checked_kinds(kinds: str) -> frozenset[Kind]:
    named = {word.strip() for word in kinds.split(",") if word.strip()}
    known = frozenset(kind for kind in KINDS if kind in named)
    if len(known) != len(named) or not known:
        raise ProblemError(422, "unknown_kind", f"kinds {kinds!r}: give some of {', '.join(KINDS)}")
    return known


async def _stream(request: Request, services: Services, subscriber: Subscriber) -> AsyncIterator[bytes]:
    """The stream; it ends when the session does, however much there is to tell, and is no use of it."""
    find = partial(find_caller, request, services, used=False)
    try:
        yield _PING  # the head goes out at once, so the page knows that it is connected
        look_at = time.monotonic() + _PING_S
        while not subscriber.ended:
            waiting = await subscriber.take(max(look_at - time.monotonic(), 0.0))
            if time.monotonic() >= look_at:
                if await anyio.to_thread.run_sync(find) is None:
                    return
                look_at = time.monotonic() + _PING_S
            yield _PING if waiting is None else waiting
    finally:
        services.hub.unsubscribe(subscriber)
