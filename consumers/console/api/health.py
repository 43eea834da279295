"""Health for supervisors and figures for Prometheus; outside /api, for nobody in particular."""

from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import Field

from consumers.console.auth.callers import requires
from consumers.console.database import reachable
from consumers.console.permissions import Permission
from consumers.console.projection.catching_up import is_catching_up
from consumers.console.projection.state import Standing
from consumers.console.services import Services, ServicesDep
from consumers.console.views.fields import View

router = APIRouter(tags=["health"])
_ANYBODY = [requires(Permission.PUBLIC)]


class Alive(View):
    status: Literal["ok"] = "ok"


class Ready(View):
    """Ready to serve. A projection that waits makes pages old, not the console unready: `projection` says so."""

    ready: bool
    database: str
    events: str = Field(description="`ok`, or why browsers hear of nothing until this console starts anew")
    projection: Standing
    detail: str
    lag: int
    since_us: int
    catching_up: bool = Field(description="tasks are read again: claims and answers are to be tried again in a moment")


@router.get("/healthz", dependencies=_ANYBODY)
def healthz() -> Alive:
    """The process lives."""
    return Alive()


@router.get("/readyz", dependencies=_ANYBODY, responses={503: {"model": Ready, "description": "Not ready"}})
def readyz(response: Response, services: ServicesDep) -> Ready:
    """Whether requests can be served: the database answers, and browsers hear of what changes."""
    trouble, state, deaf = reachable(services.database), services.projection.get(), services.hub.trouble
    ready = trouble is None and deaf is None
    response.status_code = 200 if ready else 503
    return Ready(
        ready=ready,
        events=deaf or "ok",
        database=trouble or "ok",
        projection=state.standing,
        detail=state.detail,
        lag=state.lag,
        since_us=state.since_us,
        catching_up=trouble is None and _catching_up(services),
    )


def _catching_up(services: Services) -> bool:
    with services.database.read() as session:
        return is_catching_up(session)


@router.get("/metrics", dependencies=_ANYBODY, response_class=PlainTextResponse)
def metrics(services: ServicesDep) -> Response:
    """What the console counts, in Prometheus' text format."""
    return Response(generate_latest(services.metrics.registry), media_type=CONTENT_TYPE_LATEST)
