"""What the routers of labeling, images, monitor and datasets share beyond the services; made once an application.

Their routers bring `lifespan`, so it starts and stops with the application that includes them.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Annotated, Final

import anyio.to_thread
from fastapi import Depends, FastAPI, Request

from consumers.console.builds import Builds
from consumers.console.datasets import Manifests
from consumers.console.event_views import show_all
from consumers.console.labeling.overview import Overview
from consumers.console.labeling.submitting import Submitter
from consumers.console.labeling.waiting import Waiting
from consumers.console.monitoring.edges import EdgeTable
from consumers.console.services import Services
from consumers.console.showing import Images

_RESEND_EVERY_S: Final = 5.0
_FORGET_EVERY: Final = 720  # rounds of resending: an hour
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Features:
    """The parts."""

    images: Images
    submitter: Submitter
    waiting: Waiting
    overview: Overview
    edges: EdgeTable
    builds: Builds
    manifests: Manifests

    @classmethod
    def of(cls, services: Services) -> "Features":
        """Make them."""
        waiting = Waiting(services.database, services.clock)
        return cls(
            images=Images(services),
            submitter=Submitter(services.database, services.publisher, services.clock),
            waiting=waiting,
            overview=Overview(services.database, services.clock, waiting),
            edges=EdgeTable(services.database, services.clock),
            builds=Builds(services),
            manifests=Manifests(services.blobs),
        )

    def close(self) -> None:
        """Stop what runs."""
        self.builds.close()
        self.images.close()


async def get_features(request: Request) -> Features:
    """The features of the app that serves this request; async as `get_services`."""
    features: Features = request.app.state.features
    return features


FeaturesDep = Annotated[Features, Depends(get_features)]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Make the features when an application starts, keep labels moving, close at its end."""
    services: Services = app.state.services
    features = app.state.features = Features.of(services)
    show_all(services.hub, features.edges)
    features.builds.start()
    stopping = asyncio.Event()
    sending = asyncio.create_task(_keep_sending(features.submitter, stopping), name="resend labels")
    try:
        yield
    finally:
        stopping.set()  # not cancelled: that would leave a thread behind that still uses the database
        await sending
        await anyio.to_thread.run_sync(features.close)


async def _keep_sending(submitter: Submitter, stopping: asyncio.Event) -> None:
    """Send labels that were left pending, now and then, whatever goes wrong."""
    number = 0
    while not stopping.is_set():
        try:
            await anyio.to_thread.run_sync(submitter.resend)
            if number % _FORGET_EVERY == 0:
                await anyio.to_thread.run_sync(submitter.forget_old)
        except Exception:  # noqa: BLE001 - tried again in a moment, and logged
            _LOG.exception("labels that are pending could not be sent now")
        number += 1
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _RESEND_EVERY_S)
