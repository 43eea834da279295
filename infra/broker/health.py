"""Whether a broker really answers: its listener is open and its metadata names every node."""

import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

from infra.broker.ports import HOST

__all__ = ["registered_nodes", "wait_until_healthy"]

_POLL_S = 0.05
_ANSWER_S = 5.0

# librdkafka tells of every refused connection on stderr; that a broker is still starting is no news.
_QUIET: dict[str, Any] = {"log_level": 0, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200}


def wait_until_healthy(ports: Sequence[int], *, deadline: float, check_alive: Callable[[], None]) -> bool:
    """Wait until the broker at each of `ports` names all of them as members; False when `deadline` comes first.

    `deadline` is on time.monotonic()'s clock; `check_alive` is called all along and raises when waiting is in vain.
    """
    return all(_wait_for(port, len(ports), deadline, check_alive) for port in ports)


def _wait_for(port: int, members: int, deadline: float, check_alive: Callable[[], None]) -> bool:
    while time.monotonic() < deadline:
        check_alive()
        if _listens(port) and len(registered_nodes(f"{HOST}:{port}")) >= members:
            return True
        time.sleep(_POLL_S)
    return False


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def registered_nodes(bootstrap_servers: str, timeout_s: float = _ANSWER_S) -> frozenset[int]:
    """Ask for the ids of the nodes that are up, as the broker that answers sees it; empty when none answers."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    try:
        return frozenset(
            AdminClient({"bootstrap.servers": bootstrap_servers, **_QUIET}).list_topics(timeout=timeout_s).brokers
        )
    except KafkaException:
        return frozenset()
