"""The /metrics page of a process."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server

from infra.errors import InfraError
from infra.prometheus.targets import registered_target
from infra.settings import Settings, load_settings


class MetricsPortError(InfraError):
    """The port for /metrics is taken; choose another with --metrics-port, or 0 for any free one."""


@contextmanager
def metrics_page(
    settings: Settings, registry: CollectorRegistry, port: int | None, *, job: str, name: str
) -> Iterator[int | None]:
    """Serve `registry` on `port` (0: any free one; None: not at all), and tell this machine's Prometheus of it.

    Prometheus forgets the process `name` of `job` when the block ends in order; when the process dies, it goes on to
    ask and says that it is down. Yields the port.

    Raises:
        MetricsPortError: the port is taken.
        TargetError: `job` or `name` is not one that Prometheus could use.
    """
    if port is None:
        yield None
        return
    chosen = serve_metrics(registry, port, settings.metrics_address)
    host = "127.0.0.1" if settings.metrics_address == "0.0.0.0" else settings.metrics_address  # noqa: S104 - compared
    with registered_target(settings.data_dir, job, name, f"{host}:{chosen}"):
        yield chosen


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
