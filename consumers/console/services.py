"""What every endpoint may need, made once a process; endpoints take it as `services: ServicesDep`."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from consumers.console.auth.passwords import Passwords
from consumers.console.auth.rate_limit import SignInLimits
from consumers.console.auth.sessions import KnownSessions
from consumers.console.database import Database
from consumers.console.events import Hub
from consumers.console.metrics import ConsoleMetrics
from consumers.console.projection.state import ProjectionState
from consumers.console.publishing import Publisher
from infra.blobs import BlobStore
from infra.settings import Settings
from schemas.codec import Codec


def now_us() -> int:
    """The wall clock, Unix microseconds."""
    return time.time_ns() // 1000


@dataclass(frozen=True, kw_only=True)
class Services:
    """The parts of a running console. Tests build it with `make_services` of tests/consumers/console."""

    settings: Settings
    database: Database
    publisher: Publisher
    codec: Codec
    blobs: BlobStore
    hub: Hub
    metrics: ConsoleMetrics
    passwords: Passwords
    limits: SignInLimits
    clock: Callable[[], int] = now_us
    known: KnownSessions = field(default_factory=KnownSessions)
    projection: ProjectionState = field(default_factory=ProjectionState)
    """How the reader of topics stands, for people to see."""


async def get_services(request: Request) -> Services:
    """The services of the app that serves this request. Async, or FastAPI would send it through a thread."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(get_services)]
