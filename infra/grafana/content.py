"""What a Grafana shall hold: the data source, the folder and the dashboards, as data."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

__all__ = ["FOLDER", "OBJECT_REFERENCES", "TAG", "DataSource", "Folder", "dashboards", "with_name_references"]

TAG: Final = "linewatch"
"""Every dashboard of ours carries it; one of our uid without it belongs to somebody else."""

OBJECT_REFERENCES: Final = (8, 3)
"""Grafana from which panels name their data source by type and uid; older ones want its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """A Prometheus as Grafana's server reaches it."""

    url: str
    uid: str = "linewatch-prometheus"
    name: str = "linewatch Prometheus"

    def body(self) -> dict[str, Any]:
        """The JSON that Grafana's API takes; prometheus.yml scrapes every 5 s, from which $__rate_interval follows."""
        return {
            "uid": self.uid,
            "name": self.name,
            "type": "prometheus",
            "access": "proxy",
            "url": self.url,
            "jsonData": {"httpMethod": "POST", "timeInterval": "5s"},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder of dashboards."""

    uid: str
    title: str


FOLDER: Final = Folder(uid="linewatch", title="linewatch")


def dashboards() -> list[dict[str, Any]]:
    """The dashboards of this linewatch, as in infra/grafana/dashboards, by file name."""
    folder = files("infra.grafana").joinpath("dashboards")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return [json.loads(folder.joinpath(name).read_text(encoding="utf-8")) for name in names]


def with_name_references(value: Any, source: DataSource) -> Any:
    """A copy of a dashboard that names its data source by name, for a Grafana older than OBJECT_REFERENCES."""
    if isinstance(value, list):
        return [with_name_references(item, source) for item in value]
    if isinstance(value, dict):
        return {
            key: source.name if key == "datasource" else with_name_references(item, source)
            for key, item in value.items()
        }
    return value
