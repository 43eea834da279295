"""What can go wrong with Prometheus. Each message ends with what to do about it."""

from infra.errors import InfraError

__all__ = ["PrometheusError", "PrometheusMissingError", "PrometheusStartError", "QueryError", "TargetError"]


class PrometheusError(InfraError):
    """Base of the errors around Prometheus."""


class PrometheusMissingError(PrometheusError):
    """There is no Prometheus on this machine and none could be fetched. Install the package `prometheus`."""


class PrometheusStartError(PrometheusError):
    """Prometheus ended or did not get ready. Read the log named in the message."""


class QueryError(PrometheusError):
    """Prometheus refused a query or could not be asked. The message carries its own words."""


class TargetError(PrometheusError):
    """A scrape target's job, name, address or labels can't be used; the message says which and why."""
