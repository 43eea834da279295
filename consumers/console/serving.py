"""The console's HTTP server: uvicorn on a port of our own choosing that ends streams when it is told to stop."""

import socket
from collections.abc import Callable
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI

from consumers.console.errors import ConsoleStartError
from consumers.console.events import Hub

_GRACE_S: Final = 5  # for answers that are under way


class ConsoleServer(uvicorn.Server):
    """Serves until SIGINT or SIGTERM; a second signal ends it at once."""

    def __init__(self, app: FastAPI, hub: Hub, on_started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_GRACE_S,
                # Uvicorn believes X-Forwarded-For of a proxy on this machine alone: rate limits count true addresses.
                proxy_headers=True,
            )
        )
        self._hub, self._on_started = hub, on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Streams of events never end by themselves, and uvicorn would wait for them. Its own handler would raise the
        # signal again once it has stopped, and so kill the process before the projection and the producer are closed.
        self._hub.end()
        self.force_exit = self.should_exit
        self.should_exit = True


def listen(address: str, port: int) -> socket.socket:
    """A socket that listens there; `port` 0 is any free one. ConsoleStartError when it is taken."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        listening.listen(512)
    except OSError as error:
        listening.close()
        raise ConsoleStartError(
            f"the console can't be served on {address}:{port} ({error.strerror}): stop what listens there, or set "
            "another console_port or console_address"
        ) from error
    return listening


def url_of(listening: socket.socket) -> str:
    """The address to open in a browser on this machine."""
    address, port = listening.getsockname()[:2]
    host = "127.0.0.1" if address == "0.0.0.0" else address  # noqa: S104 - compared
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
