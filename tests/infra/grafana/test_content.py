"""The dashboards as data, and the provisioning files that carry the same."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
import yaml

from infra.grafana.content import FOLDER, TAG, DataSource, dashboards, with_name_references
from schemas.records.inspection import VERDICTS
from tests.paths import REPO

COLOURS = {"pass": "#009E73", "fail": "#D55E00", "review": "#E69F00", "error": "#7F7F7F"}
"""One colour for each verdict everywhere; Okabe and Ito's, which colour-blind eyes tell apart."""

each_dashboard = pytest.mark.parametrize("dashboard", dashboards(), ids=lambda one: one["uid"])


def panels_of(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels that draw something."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def expressions(dashboard: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Title and query of each target."""
    for panel in panels_of(dashboard):
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@each_dashboard
def test_a_dashboard_is_one_that_sync_can_own(dashboard: dict[str, Any]) -> None:
    assert re.fullmatch(r"linewatch-[a-z]+", dashboard["uid"])
    assert TAG in dashboard["tags"]
    assert isinstance(dashboard["schemaVersion"], int)
    assert {"id", "version", "iteration"}.isdisjoint(dashboard), "numbers of one Grafana have no place in a file"
    assert "__inputs" not in dashboard, "an export for sharing asks people for a data source"


@each_dashboard
def test_panels_have_ids_of_their_own_and_do_not_overlap(dashboard: dict[str, Any]) -> None:
    ids = Counter(panel["id"] for panel in dashboard["panels"])
    assert max(ids.values()) == 1
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= 24, panel["title"]
    for a, b in combinations(dashboard["panels"], 2):
        p, q = a["gridPos"], b["gridPos"]
        beside = p["x"] + p["w"] <= q["x"] or q["x"] + q["w"] <= p["x"]
        above = p["y"] + p["h"] <= q["y"] or q["y"] + q["h"] <= p["y"]
        assert beside or above, f"{a['title']} covers {b['title']}"


@each_dashboard
def test_every_panel_explains_itself_and_names_its_unit(dashboard: dict[str, Any]) -> None:
    for panel in panels_of(dashboard):
        assert len(panel["description"]) > 20, panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": DataSource(url="").uid}
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["type"] == "table" or "unit" in defaults or "mappings" in defaults, panel["title"]
        assert [target["refId"] for target in panel["targets"]] == list("ABCDEF"[: len(panel["targets"])])
        assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])


@each_dashboard
def test_every_query_of_an_edge_follows_the_choice_of_edges(dashboard: dict[str, Any]) -> None:
    assert [variable["name"] for variable in dashboard["templating"]["list"]] == ["edge"]
    whole_plant = ("ALERTS", "linewatch_statistics_lag_records")
    for title, expression in expressions(dashboard):
        selectors = re.findall(r"\{[^}]*\}", expression)
        if not any(name in expression for name in whole_plant):
            assert selectors, title
            assert all('edge=~"$edge"' in selector for selector in selectors), title


@each_dashboard
def test_verdicts_have_their_colour_and_their_word(dashboard: dict[str, Any]) -> None:
    by_verdict = [panel for panel in panels_of(dashboard) if "{{verdict}}" in json.dumps(panel)]
    assert by_verdict
    for panel in by_verdict:
        overrides = {one["matcher"]["options"]: one["properties"] for one in panel["fieldConfig"]["overrides"]}
        assert tuple(overrides) == VERDICTS
        for verdict, properties in overrides.items():
            values = {one["id"]: one["value"] for one in properties}
            assert values["color"] == {"mode": "fixed", "fixedColor": COLOURS[verdict]}
            assert values["displayName"].split()[1:] == [verdict], "an icon, then the word"


def test_an_older_grafana_is_told_names() -> None:
    source = DataSource(url="http://prometheus:9090")
    older = with_name_references(dashboards()[0], source)
    assert older != dashboards()[0]
    assert source.uid not in json.dumps(older)
    assert older["templating"]["list"][0]["datasource"] == source.name


def test_provisioning_says_the_same_as_sync() -> None:
    folder = REPO / "infra/grafana/provisioning"
    source = yaml.safe_load((folder / "datasources/linewatch.yaml").read_text(encoding="utf-8"))["datasources"][0]
    assert source == DataSource(url="$LINEWATCH_PROMETHEUS_URL").body()
    provider = yaml.safe_load((folder / "dashboards/linewatch.yaml").read_text(encoding="utf-8"))["providers"][0]
    assert (provider["folder"], provider["folderUid"]) == (FOLDER.title, FOLDER.uid)
    # A change in Grafana's pages would be lost at the next start, so it is not offered.
    assert provider["allowUiUpdates"] is False


def test_the_scrape_interval_is_the_one_grafana_reckons_with() -> None:
    configuration = yaml.safe_load((REPO / "infra/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    assert DataSource(url="").body()["jsonData"]["timeInterval"] == configuration["global"]["scrape_interval"]
