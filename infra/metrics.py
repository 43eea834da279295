"""The /metrics page of a process."""

from prometheus_client import CollectorRegistry, start_http_server

from infra.errors import InfraError


class MetricsPortError(InfraError):
    """The port for /metrics is taken; choose another with --metrics-port, or 0 for any free one."""


def serve_metrics(registry: CollectorRegistry, port: int, address: str = "127.0.0.1") -> int:
    """Serve `registry` over HTTP until the process ends; returns the port, chosen when 0 was asked for."""
    try:
        server, _ = start_http_server(port, addr=address, registry=registry)
    except OSError as error:
        raise MetricsPortError(f"/metrics can't be served on {address}:{port}: {error.strerror}") from error
    return int(server.server_port)
