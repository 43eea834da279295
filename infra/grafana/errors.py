"""What can go wrong with Grafana. Each message ends with what to do about it."""

from infra.errors import InfraError

__all__ = [
    "GrafanaAddressError",
    "GrafanaAnswerError",
    "GrafanaConflictError",
    "GrafanaError",
    "GrafanaProvisionedError",
    "GrafanaTokenError",
    "GrafanaTooOldError",
    "GrafanaUnreachableError",
]


class GrafanaError(InfraError):
    """Base of the errors around Grafana."""


class GrafanaAddressError(GrafanaError):
    """The address or the token is missing or is none. Set LINEWATCH_GRAFANA_URL and LINEWATCH_GRAFANA_TOKEN."""


class GrafanaUnreachableError(GrafanaError):
    """Nobody answers at the address, not in time, or not with a certificate we trust. Check address, network, TLS."""


class GrafanaAnswerError(GrafanaError):
    """Something answers that is not Grafana, or Grafana fails inside. Check the address, then Grafana's own log."""


class GrafanaTokenError(GrafanaError):
    """Grafana does not know the token, or the token may not do this. Make one of a service account with role Admin."""


class GrafanaTooOldError(GrafanaError):
    """This Grafana lacks what the dashboards are made of. Upgrade it."""


class GrafanaConflictError(GrafanaError):
    """Something of another owner has a name or uid of ours, or was changed this moment. Rename it, or run again."""


class GrafanaProvisionedError(GrafanaError):
    """Files on the Grafana server define this object, so the API may not change it. Change the files, or drop them."""
