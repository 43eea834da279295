"""Grafana's refusals in words: which status and body mean what, and what to do about it."""

from typing import Any, Final

from infra.grafana.errors import (
    GrafanaAnswerError,
    GrafanaConflictError,
    GrafanaError,
    GrafanaProvisionedError,
    GrafanaTokenError,
)

__all__ = ["in_words"]

# `status` in the body of a 412 (https://grafana.com/docs/grafana/latest/developers/http_api/dashboard).
_CONFLICTS: Final = {
    "version-mismatch": "somebody saved it at this moment: run the command again",
    "name-exists": "another dashboard in this folder has its title: rename or delete that one",
    "plugin-dashboard": "a plugin owns it: remove that plugin's dashboards",
}


def in_words(url: str, what: str, status: int, answer: Any) -> GrafanaError:
    """The error for an HTTP status of 400 or more; `what` names the object, `answer` is the body, parsed if JSON."""
    body = answer if isinstance(answer, dict) else {}
    words = str(body.get("message", answer))[:300]
    if status == 401:
        return GrafanaTokenError(
            f"{url} does not accept the token ({words}): it is wrong, expired or of another Grafana; make a "
            "service account token (before Grafana 9: an API key) with role Admin, as LINEWATCH_GRAFANA_TOKEN"
        )
    if (status == 403 and "read-only" in words) or (status == 400 and "provisioned" in words):
        return GrafanaProvisionedError(f"{what} comes from a file on the Grafana server ({words}): change it there")
    if status == 403:
        return GrafanaTokenError(f"the token may not do this to {what} ({words}): give it the role Admin")
    if status in (409, 412):
        todo = _CONFLICTS.get(str(body.get("status")), "rename or delete what has its name or uid in Grafana")
        return GrafanaConflictError(f"{what} can't be saved ({words}): {todo}")
    if status >= 500:
        return GrafanaAnswerError(f"{url} failed with status {status} on {what} ({words}): see Grafana's own log")
    return GrafanaAnswerError(f"{url} refused {what} with status {status} ({words}): is it Grafana's address and path?")
