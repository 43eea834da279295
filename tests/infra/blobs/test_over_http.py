"""Against servers that misbehave; tests/consumers/archive/test_blob_server.py runs the contract on the real one."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from infra.blobs import BlobError, BlobFullError, BlobMissingError, BlobStore
from infra.broker.ports import free_ports
from schemas.records import ClaimCheck

CHECK = ClaimCheck(reference="sha256:" + "a" * 64, sha256="a" * 64, size=10)


class Handler(BaseHTTPRequestHandler):
    """Answers every request the same way."""

    status = 200
    body = b""
    length: int | None = None
    seen: list[tuple[str, str, str | None]]

    def do_GET(self) -> None:
        """Answer."""
        self.seen.append((self.command, self.path, self.headers["Authorization"]))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body) if self.length is None else self.length))
        self.end_headers()
        self.wfile.write(self.body)

    do_PUT = do_HEAD = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def handler() -> Iterator[type[Handler]]:
    """A server's handler; `url` is its address."""
    kind = type("OneHandler", (Handler,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    kind.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield kind
    server.shutdown()
    thread.join()
    server.server_close()


def store_of(handler: type[Handler]) -> BlobStore:
    """A store behind that handler."""
    return BlobStore(handler.url, "secret")  # type: ignore[attr-defined]


def test_the_token_travels_and_the_path_is_the_hash(handler: type[Handler]) -> None:
    handler.status = 404
    assert not store_of(handler).has("b" * 64)
    assert handler.seen == [("HEAD", "/blobs/sha256/" + "b" * 64, "Bearer secret")]


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, BlobError, "blob_token"),
        (403, BlobError, "blob_token"),
        (404, BlobMissingError, "is not in"),
        (500, BlobError, "500: broken"),
        (507, BlobFullError, "no room"),
        (413, BlobFullError, "no room"),
    ],
)
def test_refusals_say_what_to_do(handler: type[Handler], status: int, kind: type[BlobError], words: str) -> None:
    handler.status, handler.body = status, b"broken"
    with pytest.raises(kind, match=words):
        store_of(handler).get(CHECK)


def test_a_full_server_is_a_full_store(handler: type[Handler], monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(handler)
    monkeypatch.setattr(store, "find", lambda _digest: None)
    handler.status, handler.body = 507, b"disk"
    with pytest.raises(BlobFullError, match="disk"):
        store.put(b"x" * 1_000)


def test_a_connection_that_ends_early_is_an_error(handler: type[Handler]) -> None:
    handler.body, handler.length = b"12345", 10
    with pytest.raises(BlobError, match=r"early|IncompleteRead"):
        store_of(handler).get(CHECK)


def test_a_server_without_ranges_is_not_believed(handler: type[Handler]) -> None:
    handler.body = b"1234567890"
    with pytest.raises(BlobError, match="bytes from 5 on"):
        list(store_of(handler).open_range(CHECK, 5))


def test_nobody_there_is_an_error_and_no_missing_blob() -> None:
    (port,) = free_ports(1)
    with pytest.raises(BlobError, match=f"127.0.0.1:{port}") as raised:
        BlobStore(f"http://127.0.0.1:{port}").get(CHECK)
    assert not isinstance(raised.value, BlobMissingError)
