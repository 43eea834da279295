import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from infra.demo.door import Door, free_port, started
from infra.demo.errors import DemoError
from infra.settings import Settings

LINE = '{"event": "started", "url": "http://127.0.0.1:1/", "first_run_token": "abc"}\n'


class _Answers(BaseHTTPRequestHandler):
    """Answers as the console does, from a table: path without its query -> status and text."""

    table: ClassVar[dict[str, tuple[int, str]]] = {}
    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        status, text = self.table.get(self.path.partition("?")[0], (404, "nothing"))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own word
        """Say nothing."""


@pytest.fixture
def door() -> Iterator[Door]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    _Answers.asked.clear()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Door(f"http://127.0.0.1:{server.server_port}/", "first", "key")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(**paths: object) -> None:
    _Answers.table = {f"/api/{path.replace('__', '/')}": (200, json.dumps(body)) for path, body in paths.items()}


def test_what_waits_and_what_was_counted_come_from_the_api_with_the_key(door: Door) -> None:
    _answer(
        label__edges=[{"edge_id": "press-1", "open": 7}],
        statistics={"minutes": [{"inspections": 3}, {"inspections": 4}]},
    )
    assert door.waiting() == {"press-1": 7}
    assert door.inspected("press-1", 10**15) == 7
    assert {key for _, key in _Answers.asked} == {"Bearer key"}


def test_an_image_is_fetched_where_the_console_says(door: Door) -> None:
    _answer(inspections={"items": [{"image_url": "/picture"}]})
    _Answers.table["/picture"] = (200, "pixels")
    assert door.newest_image("press-1") == b"pixels"
    _answer(inspections={"items": []})
    with pytest.raises(DemoError, match="knows no inspection of press-1"):
        door.newest_image("press-1")


def test_a_console_that_refuses_or_is_gone_is_told_with_its_own_words(door: Door) -> None:
    _Answers.table = {"/": (503, "its pages were not built: run make web")}
    with pytest.raises(DemoError, match=r"(?s)503.*make web"):
        door.page()
    with pytest.raises(DemoError, match="does not answer"):
        Door("http://127.0.0.1:1/", None, "key").page()


def test_the_first_sign_in_keeps_its_token_from_servers(door: Door) -> None:
    assert door.first_sign_in == f"{door.url}#token=first"
    assert Door("http://127.0.0.1:1/", None, "key").first_sign_in == "http://127.0.0.1:1/"


def test_a_console_serves_once_it_says_so_in_a_whole_line() -> None:
    assert started("INFO starting\n") is None
    assert started("INFO starting\n" + LINE[:-1]) is None
    assert started("INFO starting\n" + LINE + "more") == json.loads(LINE)


def test_a_port_that_is_taken_becomes_any_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(Settings(console_port=port)) == 0
    assert free_port(Settings(console_port=port)) == port
