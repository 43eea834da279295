"""The adapter against every generation of Grafana, as documented."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.grafana.adapter import Grafana
from infra.grafana.content import FOLDER, DataSource, dashboards
from infra.grafana.errors import (
    GrafanaAddressError,
    GrafanaAnswerError,
    GrafanaConflictError,
    GrafanaError,
    GrafanaProvisionedError,
    GrafanaTokenError,
    GrafanaTooOldError,
    GrafanaUnreachableError,
)
from infra.grafana.sync import sync
from tests.infra.grafana.documented_grafana import ADMIN, EDITOR, DocumentedGrafana, serving

PROMETHEUS = "http://prometheus:9090"
GENERATIONS = [(7, 4), (7, 5), (8, 0), (8, 5), (9, 0), (10, 4), (11, 6), (12, 1), (13, 0)]


@pytest.fixture
def grafana() -> Iterator[DocumentedGrafana]:
    """A Grafana 11."""
    with serving(DocumentedGrafana()) as server:
        yield server


def actions(server: DocumentedGrafana, token: str = ADMIN, prometheus: str = PROMETHEUS) -> list[str]:
    """Sync, and what was done to data source, folder and dashboards."""
    return [one.action for one in sync(Grafana(server.url, token), prometheus)]


@pytest.mark.parametrize("version", GENERATIONS)
def test_a_second_run_changes_nothing(version: tuple[int, int]) -> None:
    with serving(DocumentedGrafana(version)) as server:
        assert set(actions(server)) == {"created"}
        saved = server.dashboards[0]
        server.calls.clear()
        assert set(actions(server)) == {"unchanged"}
    assert {call.split()[0] for call in server.calls} == {"GET"}
    assert server.dashboards == [saved]
    assert saved["dashboard"]["version"] == 1
    assert saved["meta"]["folderUid"] == FOLDER.uid


@pytest.mark.parametrize("version", GENERATIONS)
def test_what_people_changed_is_put_back(version: tuple[int, int]) -> None:
    with serving(DocumentedGrafana(version)) as server:
        actions(server)
        server.sources[0]["jsonData"]["timeInterval"] = "1m"
        server.sources[0]["jsonData"]["theirs"] = "kept"
        server.folders[0]["title"] = "mine"
        server.dashboards[0]["dashboard"]["panels"] = server.dashboards[0]["dashboard"]["panels"][1:]
        assert set(actions(server)) == {"updated"}
        assert set(actions(server)) == {"unchanged"}
    assert server.sources[0]["jsonData"] == {"httpMethod": "POST", "timeInterval": "5s", "theirs": "kept"}
    assert server.folders[0]["title"] == FOLDER.title
    assert server.dashboards[0]["dashboard"]["version"] == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda saved: saved["dashboard"]["panels"].append({"id": 99, "type": "text"}),
        lambda saved: saved["dashboard"]["panels"][1]["targets"][0].update(expr="up"),
        lambda saved: saved["dashboard"].pop("refresh"),
        lambda saved: saved["dashboard"].update(title="mine"),
        lambda saved: saved["meta"].update(folderUid="elsewhere"),
    ],
)
def test_each_way_of_differing_is_seen(grafana: DocumentedGrafana, change: Any) -> None:
    actions(grafana)
    change(grafana.dashboards[0])
    assert actions(grafana)[2] == "updated"
    assert grafana.dashboards[0]["meta"]["folderUid"] == FOLDER.uid


def test_another_prometheus_address_changes_the_data_source_alone(grafana: DocumentedGrafana) -> None:
    actions(grafana)
    assert actions(grafana, prometheus="http://other:9090") == ["updated", "unchanged", "unchanged"]
    assert grafana.sources[0]["url"] == "http://other:9090"


def test_an_old_grafana_gets_data_sources_by_name() -> None:
    with serving(DocumentedGrafana((8, 2))) as old, serving(DocumentedGrafana((8, 3))) as new:
        actions(old)
        actions(new)
    panels = [server.dashboards[0]["dashboard"]["panels"] for server in (old, new)]
    assert {panel["datasource"] for panel in panels[0] if "datasource" in panel} == {"linewatch Prometheus"}
    assert all(panel["datasource"]["uid"] == "linewatch-prometheus" for panel in panels[1] if "datasource" in panel)


def test_a_grafana_behind_a_path_and_one_that_hides_its_version() -> None:
    with serving(DocumentedGrafana(hides_version=True), prefix="/monitor/grafana") as server:
        assert set(actions(server)) == {"created"}


def test_a_wrong_token(grafana: DocumentedGrafana) -> None:
    with pytest.raises(GrafanaTokenError, match=r"Invalid API key.*LINEWATCH_GRAFANA_TOKEN"):
        actions(grafana, token="glsa_wrong")


@pytest.mark.parametrize("version", [(7, 5), (11, 6)])
def test_a_token_without_the_right(version: tuple[int, int]) -> None:
    with serving(DocumentedGrafana(version)) as server, pytest.raises(GrafanaTokenError, match="role Admin"):
        actions(server, token=EDITOR)
    assert not server.folders


@pytest.mark.parametrize("token", ["", "two words", "kröte", "line\nbreak"])
def test_a_token_that_is_none(token: str) -> None:
    with pytest.raises(GrafanaAddressError, match="token"):
        Grafana("http://grafana:3000", token)


@pytest.mark.parametrize("url", ["grafana:3000", "ftp://grafana", "http://", "http://a/?b=c", "http://me:secret@a"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(GrafanaAddressError, match="address"):
        Grafana(url, ADMIN)


def test_no_server() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(GrafanaUnreachableError, match=r"nobody answers .*refused.*LINEWATCH_GRAFANA_URL") as raised:
        Grafana(address, ADMIN).version()
    assert "HTTPConnection" not in str(raised.value), "people do not want to read object names"


def test_a_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.grafana.adapter._TIMEOUT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(GrafanaUnreachableError, match="within"):
        Grafana(f"http://127.0.0.1:{silent.getsockname()[1]}", ADMIN).version()


def test_a_certificate_nobody_vouches_for(tmp_path: Path) -> None:
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=grafana", "-keyout"]
    subprocess.run([*make, key, "-out", certificate], capture_output=True, check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def shake_hands() -> None:
            connection, _ = listening.accept()
            with connection, pytest.raises(ssl.SSLError):
                context.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=shake_hands)
        thread.start()
        with pytest.raises(GrafanaUnreachableError, match=r"not trusted .*REQUESTS_CA_BUNDLE"):
            Grafana(f"https://127.0.0.1:{listening.getsockname()[1]}", ADMIN).version()
        thread.join()


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((200, "<html>sign in</html>"), GrafanaAnswerError, "not Grafana"),
        ((200, {"status": "UP"}), GrafanaAnswerError, "not Grafana"),
        ((404, "404 page not found"), GrafanaAnswerError, "path"),
        ((302, ""), GrafanaAddressError, "elsewhere"),
        ((502, "Bad Gateway"), GrafanaAnswerError, "502"),
        ((200, {"database": "ok", "version": "7.3.10"}), GrafanaTooOldError, r"7\.3\.10.*7\.4"),
        ((200, {"database": "ok", "version": "6.7.6"}), GrafanaTooOldError, "upgrade"),
    ],
)
def test_what_answers_is_no_grafana_of_use(
    grafana: DocumentedGrafana, answer: tuple[int, Any], error: type[GrafanaError], words: str
) -> None:
    grafana.answers["GET /health"] = answer
    with pytest.raises(error, match=words):
        Grafana(grafana.url, ADMIN).version()


def test_a_data_source_of_our_name_that_is_not_ours(grafana: DocumentedGrafana) -> None:
    grafana.sources.append({"id": 1, "uid": "theirs", "name": "linewatch Prometheus", "url": "x", "readOnly": False})
    with pytest.raises(GrafanaConflictError, match=r"uid 'theirs'.*rename or delete"):
        actions(grafana)
    assert len(grafana.sources) == 1


def test_a_folder_of_our_title_that_is_not_ours(grafana: DocumentedGrafana) -> None:
    grafana.folders.append({"id": 1, "uid": "theirs", "title": FOLDER.title, "version": 1})
    with pytest.raises(GrafanaConflictError, match=r"folder 'linewatch' .*same name.*rename or delete"):
        actions(grafana)


def test_a_foreign_dashboard_of_our_uid_is_left_alone(grafana: DocumentedGrafana) -> None:
    theirs = {"uid": dashboards()[0]["uid"], "title": "Boiler room", "tags": [], "version": 4, "id": 9}
    grafana.dashboards.append({"dashboard": theirs, "meta": {"folderUid": ""}})
    with pytest.raises(GrafanaConflictError, match="Boiler room"):
        actions(grafana)
    assert grafana.dashboards[0]["dashboard"] is theirs


def test_a_foreign_dashboard_of_our_title_is_left_alone(grafana: DocumentedGrafana) -> None:
    theirs = {"uid": "theirs", "title": dashboards()[0]["title"], "tags": [], "version": 4, "id": 9}
    grafana.dashboards.append({"dashboard": theirs, "meta": {"folderUid": FOLDER.uid}})
    with pytest.raises(GrafanaConflictError, match=r"same name.*rename or delete that one"):
        actions(grafana)
    assert [one["dashboard"] for one in grafana.dashboards] == [theirs]


def test_a_dashboard_saved_by_someone_else_at_this_moment(grafana: DocumentedGrafana) -> None:
    grafana.answers["POST /dashboards/db"] = (
        412,
        {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"},
    )
    with pytest.raises(GrafanaConflictError, match="run the command again"):
        actions(grafana)


def test_provisioned_objects_are_fine_while_they_agree(grafana: DocumentedGrafana) -> None:
    actions(grafana)
    grafana.sources[0]["readOnly"] = True
    grafana.dashboards[0]["meta"]["provisioned"] = True
    assert set(actions(grafana)) == {"unchanged"}
    with pytest.raises(GrafanaProvisionedError, match=r"http://prometheus:9090.*http://other"):
        actions(grafana, prometheus="http://other")
    grafana.dashboards[0]["dashboard"]["refresh"] = "1h"
    with pytest.raises(GrafanaProvisionedError, match="mount this version's"):
        actions(grafana)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("PUT /datasources/uid/linewatch-prometheus", (403, {"message": "Cannot update read-only data source"})),
        ("POST /dashboards/db", (400, {"message": "Cannot save provisioned dashboard"})),
    ],
)
def test_a_refusal_of_provisioned_objects_is_understood(
    grafana: DocumentedGrafana, method: str, answer: tuple[int, Any]
) -> None:
    actions(grafana)
    grafana.sources[0]["url"] = "http://elsewhere"
    grafana.dashboards[0]["dashboard"]["refresh"] = "1h"
    grafana.answers[method] = answer
    with pytest.raises(GrafanaProvisionedError, match="change it there"):
        actions(grafana)


def test_a_grafana_that_makes_up_its_own_uids(grafana: DocumentedGrafana) -> None:
    grafana.answers["POST /datasources"] = (200, {"datasource": {"uid": "other"}, "id": 1, "message": "added"})
    with pytest.raises(GrafanaTooOldError, match="uid"):
        Grafana(grafana.url, ADMIN).put_data_source(DataSource(url=PROMETHEUS))
