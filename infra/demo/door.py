"""The demo's console: the process, and what it answers through its own API."""

import json
import socket
from dataclasses import dataclass
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from infra.demo.errors import DemoError
from infra.demo.processes import Child, Children
from infra.settings import Settings

_TIMEOUT_S: Final = 10.0
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Door:
    """A console that serves: where, the token of its first administrator, and the key by which the demo asks it."""

    url: str
    first_run_token: str | None
    key: str

    @property
    def first_sign_in(self) -> str:
        """The page that makes the first administrator; what stands behind # is told to no server."""
        return self.url if self.first_run_token is None else f"{self.url}#token={self.first_run_token}"

    def waiting(self) -> dict[str, int]:
        """Edge: tasks that wait for a label. DemoError when the console does not answer, as in all of these."""
        return {edge["edge_id"]: edge["open"] for edge in self._api("label/edges")}

    def inspected(self, edge_id: str, now_us: int) -> int:
        """Inspections of an edge that the console counts, of the last day."""
        answer = self._api("statistics", edge_id=edge_id, from_us=now_us - _DAY_US, to_us=now_us)
        return sum(minute["inspections"] for minute in answer["minutes"])

    def newest_image(self, edge_id: str) -> bytes:
        """The image of an edge's newest inspection, as a browser gets it."""
        items = self._api("inspections", edge_id=edge_id, limit=1)["items"]
        if not items:
            raise DemoError(f"the console at {self.url} knows no inspection of {edge_id}")
        return self._get(items[0]["image_url"].lstrip("/"))

    def page(self) -> bytes:
        """The console's page."""
        return self._get("")

    def _api(self, path: str, **query: str | int) -> Any:
        return json.loads(self._get(f"api/{path}{'?' if query else ''}{urlencode(query)}"))

    def _get(self, path: str) -> bytes:
        request = Request(self.url + path, headers={"Authorization": f"Bearer {self.key}"})  # noqa: S310 - our own http
        try:
            with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - as above
                return bytes(answer.read())
        except HTTPError as error:
            with error:
                said = error.read(2000).decode(errors="replace")
            raise DemoError(f"the console answers GET /{path} with {error.code}: {said}") from error
        except (URLError, TimeoutError, ConnectionError) as error:
            raise DemoError(f"the console at {self.url} does not answer GET /{path}: {error}") from error


class OpeningDoor:
    """A console on its way up, beside whatever else the machine does: first a key for the demo, then the server."""

    def __init__(self, children: Children, settings: Settings) -> None:
        self._children, self._settings = children, settings
        # The command migrates the database, and so comes before the server, which would do the same at the same time.
        self._key = children.start("console-key", "users", "token", "demo", "--days", "1")
        self._server: Child | None = None

    def advance(self) -> Child | None:
        """Start the server once the key is made; the server when it runs."""
        if self._server is None and self._key.exit_code is not None:
            self._key.check()
            address, port = self._settings.console_address, free_port(self._settings)
            self._server = self._children.start(
                "console", "console", "--json", "--address", address, "--port", str(port)
            )
        return self._server

    def opened(self) -> Door | None:
        """The console, None until it serves."""
        server = self.advance()
        said = None if server is None else started(server.said())
        if said is None:
            return None
        return Door(said["url"], said["first_run_token"], self._key.said().strip().splitlines()[-1])


def started(log: str) -> dict[str, Any] | None:
    """What the console said when it began to serve; None when it has not yet.

    >>> started('console at ...\\n{"event": "started", "url": "http://127.0.0.1:8480/", "first_run_token": null}\\n')
    {'event': 'started', 'url': 'http://127.0.0.1:8480/', 'first_run_token': None}
    """
    for line in log.splitlines(keepends=True):
        if line.startswith('{"event": "started"') and line.endswith("\n"):
            said: dict[str, Any] = json.loads(line)
            return said
    return None


def free_port(settings: Settings) -> int:
    """The console's port when nobody has it, else 0: any free one."""
    family = socket.AF_INET6 if ":" in settings.console_address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((settings.console_address, settings.console_port))
        except OSError:
            return 0
    return settings.console_port
