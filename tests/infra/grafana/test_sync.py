"""What `sync` does, in which order, and what it leaves when it stops half-way."""

from collections.abc import Iterator

import pytest

from infra.grafana.adapter import Grafana
from infra.grafana.content import FOLDER, DataSource, dashboards
from infra.grafana.errors import GrafanaAnswerError, GrafanaTooOldError
from infra.grafana.sync import Synced, sync
from tests.infra.grafana.documented_grafana import ADMIN, DocumentedGrafana, serving

PROMETHEUS = "http://prometheus:9090"


@pytest.fixture
def server() -> Iterator[DocumentedGrafana]:
    """A Grafana 11 that holds nothing."""
    with serving(DocumentedGrafana()) as grafana:
        yield grafana


def synced(server: DocumentedGrafana) -> list[Synced]:
    return sync(Grafana(server.url, ADMIN), PROMETHEUS)


def test_it_tells_of_every_object_where_people_find_it(server: DocumentedGrafana) -> None:
    done = synced(server)
    source = DataSource(url=PROMETHEUS)
    assert [(one.kind, one.uid, one.name, one.url) for one in done] == [
        ("data source", source.uid, source.name, f"{server.url}/datasources/edit/{source.uid}"),
        ("folder", FOLDER.uid, FOLDER.title, f"{server.url}/dashboards/f/{FOLDER.uid}"),
        *(("dashboard", one["uid"], one["title"], f"{server.url}/d/{one['uid']}") for one in dashboards()),
    ]
    assert [one["url"] for one in server.sources] == [PROMETHEUS]
    assert [one["dashboard"]["uid"] for one in server.dashboards] == [one["uid"] for one in dashboards()]


def test_a_dashboard_comes_after_what_it_needs(server: DocumentedGrafana) -> None:
    synced(server)
    changes = [call for call in server.calls if not call.startswith("GET ")]
    assert changes == ["POST /datasources", "POST /folders"] + ["POST /dashboards/db"] * len(dashboards())


def test_a_grafana_that_is_too_old_is_not_touched() -> None:
    with serving(DocumentedGrafana((7, 3))) as old:
        with pytest.raises(GrafanaTooOldError, match=r"7\.4"):
            synced(old)
        assert old.calls == ["GET /health"]


def test_what_was_done_before_a_failure_stays_and_the_next_run_goes_on(server: DocumentedGrafana) -> None:
    server.answers["POST /folders"] = 500, {"message": "database is locked"}
    with pytest.raises(GrafanaAnswerError, match="database is locked"):
        synced(server)
    assert (len(server.sources), server.folders, server.dashboards) == (1, [], [])
    server.answers.clear()
    assert [one.action for one in synced(server)] == ["unchanged", "created"] + ["created"] * len(dashboards())
