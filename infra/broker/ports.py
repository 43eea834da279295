"""TCP ports on 127.0.0.1 for the brokers' listeners."""

import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack

import psutil

from infra.broker.errors import PortTakenError

__all__ = ["HOST", "check_free", "choose_ports", "free_ports", "is_free"]

HOST = "127.0.0.1"
"""The embedded broker has no passwords, so it listens to this machine alone."""


def free_ports(count: int) -> tuple[int, ...]:
    """Give `count` different ports that nothing listens on at this moment."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return tuple(int(one.getsockname()[1]) for one in sockets)


def is_free(port: int) -> bool:
    """Tell whether a listener could be opened on `port` (1-65535) now."""
    with socket.socket() as probe:
        if sys.platform != "win32":
            # As the JVM does on POSIX: connections in TIME_WAIT do not hold the port. Windows would steal it.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def check_free(port: int) -> None:
    """Raise PortTakenError, naming the process when it can be seen, unless `port` is free."""
    if not is_free(port):
        raise PortTakenError(
            f"port {port} on {HOST} is taken by {_holder(port)}: stop it, or choose another port "
            f"(linewatch broker start --port {port + 10 if port < 65000 else 9092}, and the same in "
            "LINEWATCH_BOOTSTRAP_SERVERS)"
        )


def choose_ports(count: int, first: int | None, previous: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Give `count` pairs of a broker's and a controller's port.

    Broker ports are `first`, `first` + 1, ... when it is given; else those of the `previous` start, as clients know
    them, when all are still free; else any free ones.

    Raises:
        PortTakenError: a port asked for by `first` is taken.
    """
    if first is None and len(previous) == count and all(is_free(port) for pair in previous for port in pair):
        return list(previous)
    if first is None:
        fresh = free_ports(2 * count)
        return list(zip(fresh[:count], fresh[count:], strict=True))
    wanted = range(first, first + count)
    for port in wanted:
        check_free(port)
    controllers = [port for port in free_ports(2 * count) if port not in wanted]
    return list(zip(wanted, controllers, strict=False))


def _holder(port: int) -> str:
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return "another process"
    for connection in connections:
        if (
            connection.status == psutil.CONN_LISTEN
            and getattr(connection.laddr, "port", None) == port
            and connection.pid
        ):
            try:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
            except psutil.NoSuchProcess:
                continue
    return "another process"
