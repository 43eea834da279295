"""The only module that knows the grafana-api library: three upserts by uid, and errors in words.

Calls that Grafana 7 to 13 all serve (https://grafana.com/docs/grafana/latest/developers/http_api): health, list and
create of data sources, folders by uid, `dashboards/db` and dashboards by uid. One exception: changing a data source
has no call common to all. By uid exists since 9.0; by numeric id is switched off since 13.0. The first is tried, then
the second.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import requests
from grafana_api.grafana_api import GrafanaException
from grafana_api.grafana_face import GrafanaFace

from infra.grafana.content import OBJECT_REFERENCES, TAG, DataSource, Folder, with_name_references
from infra.grafana.errors import (
    GrafanaAddressError,
    GrafanaAnswerError,
    GrafanaConflictError,
    GrafanaError,
    GrafanaProvisionedError,
    GrafanaTooOldError,
    GrafanaUnreachableError,
)
from infra.grafana.refusals import in_words

__all__ = ["OLDEST", "Action", "Grafana"]

Action = Literal["created", "updated", "unchanged"]

OLDEST: Final = (7, 4)
"""The first Grafana with the time series panel."""

_TIMEOUT_S: Final = 15.0


class Grafana:
    """One Grafana organisation, as a token sees it. Every method raises GrafanaError with what to do."""

    def __init__(self, url: str, token: str) -> None:
        """Name the server; nothing is asked yet.

        Raises:
            GrafanaAddressError: `url` is not http(s)://host[:port][/path], or the token can't stand in a header.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise GrafanaAddressError(f"Grafana address {url!r} is not http(s)://host[:port][/path]: correct it")
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise GrafanaAddressError("the Grafana token is empty or holds characters no token has: copy it anew")
        self.url = url.rstrip("/")
        prefix = parts.path.strip("/")
        # netloc keeps the port and the brackets of an IPv6 address.
        self._face = GrafanaFace(
            token,
            host=parts.netloc,
            protocol=parts.scheme,
            url_path_prefix=f"{prefix}/" if prefix else "",
            timeout=_TIMEOUT_S,
        )
        # A redirected POST arrives as a GET: better to say so than to believe its answer.
        self._face.api.s.max_redirects = 0
        self._version: tuple[int, int] | None = None

    def version(self) -> tuple[int, int] | None:
        """Ask which Grafana this is, (major, minor); None when it keeps that to itself.

        Raises:
            GrafanaTooOldError: older than OLDEST.
        """
        answer = self._ask("health", lambda: self._face.api.GET("/health"))
        if not isinstance(answer, dict) or "database" not in answer:
            raise GrafanaAnswerError(f"what answers at {self.url} is not Grafana: check the address and its path")
        found = re.match(r"(\d+)\.(\d+)", str(answer.get("version", "")))
        self._version = (int(found[1]), int(found[2])) if found else None
        if self._version and self._version < OLDEST:
            raise GrafanaTooOldError(
                f"{self.url} is Grafana {answer['version']}; the dashboards need {OLDEST[0]}.{OLDEST[1]} or newer: "
                "upgrade Grafana"
            )
        return self._version

    def put_data_source(self, source: DataSource) -> Action:
        """Make the data source be as described; settings of it that we do not name stay as they are."""
        what = f"data source {source.name!r}"
        known: list[dict[str, Any]] = self._ask(what, self._face.datasource.list_datasources)
        mine = next((one for one in known if one.get("uid") == source.uid), None)
        namesake = next((one for one in known if one.get("name") == source.name), None)
        if namesake and namesake is not mine:
            raise GrafanaConflictError(
                f"{what} is taken: one of that name has uid {namesake.get('uid')!r}, not {source.uid!r}: "
                "rename or delete it in Grafana"
            )
        body = source.body()
        if mine is None:
            made = self._ask(what, lambda: self._face.datasource.create_datasource(body))
            if made.get("datasource", {}).get("uid") != source.uid:
                raise GrafanaTooOldError(f"{self.url} does not keep the uid of a data source: upgrade Grafana")
            return "created"
        if _contains(mine, body):
            return "unchanged"
        if mine.get("readOnly"):
            raise GrafanaProvisionedError(
                f"{what} comes from a file on the Grafana server and differs (address {mine.get('url')!r} there, "
                f"{source.url!r} here): change that file, or LINEWATCH_PROMETHEUS_URL"
            )
        self._change_data_source(
            what, mine, {**mine, **body, "jsonData": {**mine.get("jsonData", {}), **body["jsonData"]}}
        )
        return "updated"

    def put_folder(self, folder: Folder) -> Action:
        """Make the folder exist with its title."""
        what = f"folder {folder.title!r}"
        mine = self._found(what, lambda: self._face.folder.get_folder(folder.uid))
        if mine is None:
            self._ask(what, lambda: self._face.folder.create_folder(folder.title, folder.uid))
            return "created"
        if mine.get("title") == folder.title:
            return "unchanged"
        version = mine.get("version")
        self._ask(what, lambda: self._face.folder.update_folder(folder.uid, folder.title, version=version))
        return "updated"

    def put_dashboard(self, dashboard: dict[str, Any], folder: Folder, source: DataSource) -> Action:
        """Make the dashboard be as in `dashboard`, in `folder`; what people changed by hand is put back."""
        what = f"dashboard {dashboard['title']!r}"
        wanted = dashboard
        if self._version and self._version < OBJECT_REFERENCES:
            wanted = with_name_references(dashboard, source)
        mine = self._found(what, lambda: self._face.dashboard.get_dashboard(dashboard["uid"]))
        if mine is None:
            self._save(what, {**wanted, "version": 0}, folder)
            return "created"
        theirs, meta = mine["dashboard"], mine["meta"]
        if TAG not in theirs.get("tags", []):
            raise GrafanaConflictError(
                f"{what} is taken: uid {dashboard['uid']!r} belongs to {theirs.get('title')!r}, which has no tag "
                f"{TAG!r}: delete it, or give it that tag to have it replaced"
            )
        if _contains(theirs, wanted) and meta.get("folderUid", folder.uid) == folder.uid:
            return "unchanged"
        if meta.get("provisioned"):
            raise GrafanaProvisionedError(
                f"{what} comes from a file on the Grafana server and differs: mount this version's "
                "infra/grafana/dashboards there, or remove that provisioning"
            )
        self._save(what, {**wanted, "id": theirs.get("id"), "version": theirs.get("version", 0)}, folder)
        return "updated"

    def _save(self, what: str, dashboard: dict[str, Any], folder: Folder) -> None:
        # Grafana 7 knows folders by number only, and newer ones by uid only; each ignores the other's field.
        held = self._ask(what, lambda: self._face.folder.get_folder(folder.uid))
        body = {
            "dashboard": dashboard,
            "folderUid": folder.uid,
            "overwrite": False,
            "message": "linewatch grafana sync",
        }
        if "id" in held and self._version and self._version[0] < 9:
            body["folderId"] = held["id"]
        self._ask(what, lambda: self._face.dashboard.update_dashboard(body))

    def _change_data_source(self, what: str, mine: dict[str, Any], body: dict[str, Any]) -> None:
        by_uid = self._found(what, lambda: self._face.api.PUT(f"/datasources/uid/{mine['uid']}", json=body))
        if by_uid is None:
            self._ask(what, lambda: self._face.datasource.update_datasource(mine["id"], body))

    def _found(self, what: str, call: Callable[[], Any]) -> Any:
        """The answer, or None for 404."""
        try:
            return self._ask(what, call)
        except GrafanaError as error:
            cause = error.__cause__
            if isinstance(cause, GrafanaException) and cause.status_code == 404:
                return None
            raise

    def _ask(self, what: str, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except GrafanaException as error:
            raise in_words(self.url, what, error.status_code, error.response) from error
        except requests.exceptions.SSLError as error:
            raise GrafanaUnreachableError(
                f"the certificate of {self.url} is not trusted ({_short(error)}): set REQUESTS_CA_BUNDLE to the file "
                "of the authority that signed it"
            ) from error
        except requests.exceptions.Timeout as error:
            raise GrafanaUnreachableError(
                f"{self.url} did not answer within {_TIMEOUT_S:g} s: check the address, the network and Grafana's load"
            ) from error
        except requests.exceptions.TooManyRedirects as error:
            raise GrafanaAddressError(
                f"{self.url} sends us elsewhere: give the address it leads to (https:// perhaps), and let the API past "
                "any login page before Grafana"
            ) from error
        except requests.exceptions.JSONDecodeError as error:
            raise GrafanaAnswerError(
                f"what answers at {self.url} is not Grafana (no JSON): check the address and its path, and whether "
                "a login page stands before it"
            ) from error
        except requests.exceptions.RequestException as error:
            raise GrafanaUnreachableError(
                f"nobody answers at {self.url} ({_short(error)}): start Grafana, or correct LINEWATCH_GRAFANA_URL"
            ) from error


def _contains(theirs: Any, ours: Any) -> bool:
    """Whether everything of ours is in theirs. Grafana adds fields with defaults; lists must agree in length."""
    if isinstance(ours, dict):
        return isinstance(theirs, dict) and all(
            key in theirs and _contains(theirs[key], value) for key, value in ours.items() if key != "schemaVersion"
        )
    if isinstance(ours, list):
        return (
            isinstance(theirs, list)
            and len(theirs) == len(ours)
            and all(_contains(a, b) for a, b in zip(theirs, ours, strict=True))
        )
    return json.dumps(theirs) == json.dumps(ours)


def _short(error: Exception) -> str:
    """The innermost words of requests' nested messages."""
    reason: BaseException | Any = error
    while getattr(reason, "args", None) and isinstance(
        getattr(reason, "reason", None) or reason.args[0], BaseException
    ):
        reason = getattr(reason, "reason", None) or reason.args[0]
    return re.sub(r"^.*?Connection(?: object at 0x[0-9a-f]+>|\(host=.*?\)): |^.*?: (?=\[)", "", str(reason))[:200]
