"""An HTTP server that answers as Grafana's documentation says, for want of a real Grafana in the registries we reach.

Status codes and bodies: https://grafana.com/docs/grafana/latest/developers/http_api (data_source, folder, dashboard,
other) and the same pages of versions 7 to 13. What versions differ in and the adapter touches is modelled:
- data sources by numeric id: up to 12 (13 switches them off); by uid: from 9 on;
- a dashboard's folder by number before 8; by uid from 8 on;
- titles unique in a folder before 12;
- dashboards read back as stored before 12; with defaults added and a newer schemaVersion from 12 on.
It proves that the adapter does what the pages say, not that Grafana does.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]

ADMIN, EDITOR = "glsa_admin", "glsa_editor"


@dataclass
class DocumentedGrafana:
    """State and rules of one server; `calls` is every request as `METHOD /path`."""

    version: tuple[int, int] = (11, 6)
    hides_version: bool = False
    url: str = ""
    sources: list[dict[str, Any]] = field(default_factory=list)
    folders: list[dict[str, Any]] = field(default_factory=list)
    dashboards: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000)))

    def handle(self, method: str, path: str, token: str, body: Any) -> Answer:
        """Answer one API request."""
        self.calls.append(f"{method} {path}")
        if planned := self.answers.get(f"{method} {path}"):
            return planned
        if path == "/health":
            shown = {} if self.hides_version else {"commit": "abc", "version": f"{self.version[0]}.{self.version[1]}.2"}
            return 200, {"database": "ok", **shown}
        if token not in (ADMIN, EDITOR):
            return 401, {"message": "Invalid API key"}
        for pattern, route in self.routes().items():
            if found := re.fullmatch(pattern, f"{method} {path}"):
                return route(token, body, *found.groups())
        return 404, {"message": "Not found"}

    def routes(self) -> dict[str, Callable[..., Answer]]:
        """What this version serves."""
        routes: dict[str, Callable[..., Answer]] = {
            "GET /datasources": self.list_sources,
            "POST /datasources": self.create_source,
            r"GET /folders/([^/]+)": self.get_folder,
            "POST /folders": self.create_folder,
            r"PUT /folders/([^/]+)": self.update_folder,
            r"GET /dashboards/uid/([^/]+)": self.get_dashboard,
            "POST /dashboards/db": self.save_dashboard,
        }
        if self.version < (13, 0):
            routes[r"PUT /datasources/(\d+)"] = self.update_source
        if self.version >= (9, 0):
            routes[r"PUT /datasources/uid/([^/]+)"] = self.update_source
        return routes

    def list_sources(self, token: str, _body: Any) -> Answer:
        """Admins only, as all of data sources."""
        if token != ADMIN:
            return self.denied("datasources:read")
        return 200, [{"orgId": 1, "typeName": "Prometheus", "isDefault": False, **one} for one in self.sources]

    def create_source(self, token: str, body: Any) -> Answer:
        """Name and uid are unique."""
        if token != ADMIN:
            return self.denied("datasources:create")
        if any(one["name"] == body["name"] for one in self.sources):
            return 409, {"message": "data source with the same name already exists"}
        if any(one["uid"] == body["uid"] for one in self.sources):
            return 409, {"message": "data source with the same uid already exists"}
        made = {"id": next(self.ids), "readOnly": False, "basicAuth": False, **body}
        self.sources.append(made)
        return 200, {"datasource": made, "id": made["id"], "message": "Datasource added", "name": made["name"]}

    def update_source(self, token: str, body: Any, key: str) -> Answer:
        """By uid or number; those from files are read-only."""
        if token != ADMIN:
            return self.denied("datasources:write")
        mine = next((one for one in self.sources if key in (one["uid"], str(one["id"]))), None)
        if mine is None:
            return 404, {"message": "Data source not found"}
        if mine["readOnly"]:
            return 403, {"message": "Cannot update read-only data source"}
        mine.update(body)
        return 200, {"datasource": mine, "id": mine["id"], "message": "Datasource updated", "name": mine["name"]}

    def get_folder(self, _token: str, _body: Any, uid: str) -> Answer:
        """By uid."""
        mine = next((one for one in self.folders if one["uid"] == uid), None)
        return (200, mine) if mine else (404, {"message": "folder not found", "status": "not-found"})

    def create_folder(self, _token: str, body: Any) -> Answer:
        """Uids are unique; titles too, before 12."""
        title = body["title"]
        if any(one["uid"] == body["uid"] for one in self.folders):
            return 409, {"message": "a folder with the same uid already exists"}
        if self.version < (12, 0) and any(one["title"] == title for one in self.folders):
            return 409, {"message": "a folder or dashboard in the general folder with the same name already exists"}
        made = {"id": next(self.ids), "uid": body["uid"], "title": title, "version": 1, "canSave": True}
        self.folders.append(made)
        return 200, made

    def update_folder(self, _token: str, body: Any, uid: str) -> Answer:
        """The version must be the one that is there."""
        mine = next(one for one in self.folders if one["uid"] == uid)
        if not body.get("overwrite") and body.get("version") != mine["version"]:
            return 412, {"message": "the folder has been changed by someone else", "status": "version-mismatch"}
        mine.update(title=body["title"], version=mine["version"] + 1)
        return 200, mine

    def get_dashboard(self, _token: str, _body: Any, uid: str) -> Answer:
        """By uid."""
        mine = next((one for one in self.dashboards if one["dashboard"]["uid"] == uid), None)
        if mine is None:
            return 404, {"message": "Dashboard not found"}
        shown = dict(mine["dashboard"])
        if self.version >= (12, 0):
            shown = {"annotations": {"list": []}, "editable": True, "links": [], **shown, "schemaVersion": 42}
        return 200, {"dashboard": shown, "meta": mine["meta"]}

    def save_dashboard(self, _token: str, body: Any) -> Answer:
        """Version, title and provisioning are checked, in this order, unless overwritten."""
        wanted, uid = body["dashboard"], body["dashboard"]["uid"]
        folder = self.folder_of(body)
        mine = next((one for one in self.dashboards if one["dashboard"]["uid"] == uid), None)
        others = [one for one in self.dashboards if one is not mine and one["meta"]["folderUid"] == folder]
        namesakes = [one for one in others if one["dashboard"]["title"] == wanted["title"] and self.version < (12, 0)]
        if mine and mine["meta"].get("provisioned"):
            return 400, {"message": "Cannot save provisioned dashboard"}
        if body["overwrite"]:
            self.dashboards = [one for one in self.dashboards if one not in namesakes]
        elif mine and wanted.get("version") != mine["dashboard"]["version"]:
            return 412, {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"}
        elif namesakes:
            said = "A dashboard with the same name in the folder already exists"
            return 412, {"message": said, "status": "name-exists"}
        saved = {**wanted, "version": mine["dashboard"]["version"] + 1 if mine else 1}
        saved["id"] = mine["dashboard"]["id"] if mine else next(self.ids)
        if mine:
            self.dashboards.remove(mine)
        self.dashboards.append({"dashboard": saved, "meta": {"folderUid": folder, "provisioned": False}})
        return 200, {
            "id": saved["id"],
            "uid": uid,
            "status": "success",
            "version": saved["version"],
            "url": f"/d/{uid}/x",
        }

    def folder_of(self, body: Any) -> str:
        """The folder's uid that a version reads out of the request; `` is the root."""
        if self.version < (8, 0):
            return next((one["uid"] for one in self.folders if one["id"] == body.get("folderId")), "")
        return str(body.get("folderUid", ""))

    def denied(self, permission: str) -> Answer:
        """What 9 and later say; older ones say `Permission denied`."""
        if self.version < (9, 0):
            return 403, {"message": "Permission denied"}
        said = f"You'll need additional permissions to perform this action. Permissions needed: {permission}"
        return 403, {"accessErrorId": "ACE0000000000", "message": said, "title": "Access denied"}


@contextmanager
def serving(grafana: DocumentedGrafana, prefix: str = "") -> Iterator[DocumentedGrafana]:
    """Serve it on a free port below `prefix`; its `url` is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply()

        def do_POST(self) -> None:
            self.reply()

        def do_PUT(self) -> None:
            self.reply()

        def reply(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if not self.path.startswith(f"{prefix}/api/"):
                status, answer = 404, "404 page not found"
            else:
                path = self.path.removeprefix(f"{prefix}/api")
                status, answer = grafana.handle(self.command, path, token, json.loads(sent or "null"))
            data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{grafana.url}/login")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        grafana.url = f"http://127.0.0.1:{server.server_port}{prefix}"
        try:
            yield grafana
        finally:
            server.shutdown()
            thread.join()
