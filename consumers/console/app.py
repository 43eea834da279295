"""The console as an ASGI application. A new page adds its router to ROUTERS and, for live events, its view to VIEWS."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Final

from fastapi import APIRouter, FastAPI

from consumers.console.answering import answer_problems
from consumers.console.api import events as events_api
from consumers.console.events import Kind, View
from consumers.console.opening import close_services, open_services
from consumers.console.services import Services
from infra.settings import Settings

ROUTERS: Final[tuple[APIRouter, ...]] = (events_api.router,)
"""Every router; each route in them lies below /api and declares one permission."""

VIEWS: Final[dict[Kind, View]] = {}
"""How events are shown; a kind without a view is sent as {"key": [...]}."""


def create_app(settings: Settings, services: Services | None = None) -> FastAPI:
    """The application. It opens `services` when it starts and closes them at its end unless they are given."""
    app = FastAPI(
        title="linewatch console",
        docs_url=None,  # the documentation pages of FastAPI load from a CDN
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=_lifespan(settings, services),
    )
    answer_problems(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/api")
    return app


def _lifespan(settings: Settings, given: Services | None) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = given or open_services(settings)
        app.state.services = services
        for kind, view in VIEWS.items():
            services.hub.show(kind, view)
        watching = asyncio.create_task(services.hub.run(), name="hub")
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            if given is None:
                close_services(services)

    return lifespan
