"""One Grafana brought in step: data source, folder, dashboards; a second run changes nothing."""

from dataclasses import dataclass
from typing import Literal

from infra.grafana.adapter import Action, Grafana
from infra.grafana.content import FOLDER, DataSource, dashboards

__all__ = ["Synced", "sync"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What was done to one object."""

    kind: Literal["data source", "folder", "dashboard"]
    uid: str
    name: str
    action: Action
    url: str  # where people see it


def sync(grafana: Grafana, prometheus_url: str) -> list[Synced]:
    """Bring `grafana` in step; Prometheus is at `prometheus_url`, as Grafana's server reaches it.

    Raises:
        GrafanaError: nothing more was done from there on; what was done before stays, and running again goes on.
    """
    grafana.version()
    source = DataSource(url=prometheus_url)
    done = [
        Synced(
            kind="data source",
            uid=source.uid,
            name=source.name,
            action=grafana.put_data_source(source),
            url=f"{grafana.url}/datasources/edit/{source.uid}",
        ),
        Synced(
            kind="folder",
            uid=FOLDER.uid,
            name=FOLDER.title,
            action=grafana.put_folder(FOLDER),
            url=f"{grafana.url}/dashboards/f/{FOLDER.uid}",
        ),
    ]
    for dashboard in dashboards():
        action = grafana.put_dashboard(dashboard, FOLDER, source)
        uid, name = dashboard["uid"], dashboard["title"]
        done.append(Synced(kind="dashboard", uid=uid, name=name, action=action, url=f"{grafana.url}/d/{uid}"))
    return done
