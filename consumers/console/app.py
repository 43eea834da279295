"""The console as an ASGI application. A new page adds its router to ROUTERS."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from consumers.console.answering import answer_problems
from consumers.console.api import audit as audit_api
from consumers.console.api import datasets as datasets_api
from consumers.console.api import events as events_api
from consumers.console.api import health as health_api
from consumers.console.api import images as images_api
from consumers.console.api import label as label_api
from consumers.console.api import monitor as monitor_api
from consumers.console.api import people as people_api
from consumers.console.api import policies as policies_api
from consumers.console.api import requests as requests_api
from consumers.console.api import session as session_api
from consumers.console.openapi import describe
from consumers.console.opening import Console
from consumers.console.pages import FOLDER, serve_pages
from consumers.console.security import AnswerHeaders
from consumers.console.services import Services
from infra.settings import Settings

ROUTERS: Final[tuple[APIRouter, ...]] = (
    session_api.router,
    people_api.router,
    policies_api.router,
    audit_api.router,
    events_api.router,
    label_api.router,
    requests_api.router,
    images_api.router,
    monitor_api.router,
    datasets_api.router,
)
"""Every router; each route in them lies below /api and declares one permission."""

_LARGEST_BODY: Final = 4_000_000  # bytes; the largest is a label of many boxes

BESIDE: Final[tuple[APIRouter, ...]] = (health_api.router,)
"""Routers outside /api."""


def create_app(settings: Settings, services: Services | None = None, *, pages: Path = FOLDER) -> FastAPI:
    """The application on `services`; without them it opens a console when it starts and stops it at its end."""
    app = FastAPI(
        title="linewatch console",
        version=version("linewatch"),
        docs_url=None,  # the documentation pages of FastAPI load from a CDN
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=_lifespan(settings, services),
        max_body_size=_LARGEST_BODY,
    )
    answer_problems(app)
    routers = [*(("/api", router) for router in ROUTERS), *(("", router) for router in BESIDE)]
    for prefix, router in routers:
        app.include_router(router, prefix=prefix)
    describe(app, routers)
    serve_pages(app, pages)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(AnswerHeaders, https=settings.console_secure_cookies)
    return app


def _lifespan(settings: Settings, given: Services | None) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            services = given or stack.enter_context(Console.open(settings)).services
            app.state.services = services
            stopping = asyncio.Event()
            watching = asyncio.create_task(services.hub.run(stopping), name="hub")
            try:
                yield
            finally:
                stopping.set()
                services.hub.nudge()
                await watching

    return lifespan
