"""The /metrics page of a process."""

from prometheus_client import CollectorRegistry, start_http_server

from infra.errors import InfraError
from infra.settings import load_settings


class MetricsPortError(InfraError):
    """The port for /metrics is taken; choose another with --metrics-port, or 0 for any free one."""


def serve_metrics(registry: CollectorRegistry, port: int, address: str | None = None) -> int:
    """Serve `registry` over HTTP until the process ends; returns the port, chosen when 0 was asked for.

    `address` is the setting metrics_address unless given: this machine alone by default.

    Raises:
        MetricsPortError: the port is taken, or the address is not this machine's.
    """
    address = address or load_settings().metrics_address
    try:
        server, _ = start_http_server(port, addr=address, registry=registry)
    except OSError as error:
        raise MetricsPortError(f"/metrics can't be served on {address}:{port}: {error.strerror}") from error
    return int(server.server_port)
