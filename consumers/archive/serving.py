"""Runs a web application on a socket until the process is told to stop."""

import socket
from typing import Any, Final

import uvicorn

from consumers.archive.errors import ArchiveError

_GRACE: Final = 20  # seconds that requests under way get to end


def bound_socket(address: str, port: int) -> socket.socket:
    """A listening socket; ArchiveError when the port is taken or the address is not this machine's."""
    try:
        return socket.create_server((address, port))
    except OSError as error:
        raise ArchiveError(f"blobs can't be served on {address}:{port}: {error.strerror or error}") from error


def serve_until_stopped(app: Any, listening: socket.socket) -> None:
    """Answer requests until SIGINT or SIGTERM; requests under way are answered to their end. From the main thread."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=_GRACE, server_header=False
    )
    uvicorn.Server(config).run(sockets=[listening])
