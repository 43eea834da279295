"""The blob server as a real process, and the blob store's contract through it."""

import http.client
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from consumers.archive.tokens import load_tokens, revoke_token, tokens_path
from infra.blobs import BlobCorruptError, BlobError, BlobFullError, BlobMissingError, BlobStore
from schemas.records import ClaimCheck
from tests.consumers.archive.serving_blobs import Served, served_blobs

DATA = bytes(range(256)) * 10_000
DIGEST = sha256(DATA).hexdigest()
pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for this module, with one blob in it."""
    with served_blobs(tmp_path_factory.mktemp("serve"), "--size-cap", "20000000") as server:
        BlobStore(str(server.data_dir / "blobs")).put(DATA)
        yield server


@pytest.fixture
def store(server: Served) -> BlobStore:
    """A client that may write."""
    return BlobStore(server.url, server.writer)


def get(server: Served, token: str | None = None, digest: str = DIGEST, **headers: str) -> requests.Response:
    """Ask for a blob."""
    auth = {"Authorization": f"Bearer {token or server.reader}"}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(f"{server.url}/blobs/sha256/{digest}", headers={**auth, **names}, timeout=30)


def put(server: Served, data: bytes, digest: str, token: str | None = None) -> requests.Response:
    """Send a blob."""
    auth = {"Authorization": f"Bearer {token or server.writer}"}
    return requests.put(f"{server.url}/blobs/sha256/{digest}", data=data, headers=auth, timeout=30)


def test_the_contract_of_a_blob_store(store: BlobStore, tmp_path: Path) -> None:
    check = store.put(b"frame")
    assert store.get(check) == b"frame"
    assert store.put(b"frame") == check
    assert store.has(check.sha256)
    (tmp_path / "large").write_bytes(DATA * 4)
    large = store.put_file(tmp_path / "large")
    assert b"".join(store.open_range(large, large.size - 10)) == DATA[-10:]
    assert b"".join(store.open_range(large, large.size)) == b""
    with pytest.raises(BlobMissingError, match="is not in"):
        store.get(ClaimCheck(reference="sha256:" + "0" * 64, sha256="0" * 64, size=1))


def test_changed_bytes_are_never_handed_out_and_can_be_replaced(store: BlobStore, server: Served) -> None:
    check = store.put(b"good")
    (path,) = (server.data_dir / "blobs").rglob(check.sha256)
    path.write_bytes(b"evil")
    with pytest.raises(BlobCorruptError):
        store.get(check)
    store.put(b"good", anew=True)
    assert store.get(check) == b"good"


def test_ranges(server: Served) -> None:
    whole = get(server)
    assert (whole.status_code, whole.content) == (200, DATA)
    assert whole.headers["ETag"] == f'"{DIGEST}"'
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = get(server, Range="bytes=100-199")
    assert (part.status_code, part.content) == (206, DATA[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(DATA)}"
    assert get(server, Range="bytes=-5").content == DATA[-5:]
    nothing = get(server, Range=f"bytes={len(DATA)}-")
    assert (nothing.status_code, nothing.headers["Content-Range"]) == (416, f"bytes */{len(DATA)}")
    assert get(server, Range="bytes=0-9", If_Range=f'"{DIGEST}"').status_code == 206
    assert get(server, Range="bytes=0-9", If_Range='"other"').status_code == 200
    assert get(server, If_None_Match=f'"{DIGEST}"').status_code == 304
    auth = {"Authorization": f"Bearer {server.reader}"}
    head = requests.head(f"{server.url}/blobs/sha256/{DIGEST}", headers=auth, timeout=30)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(len(DATA)), b"")


def test_who_may_do_what(server: Served) -> None:
    nobody = requests.get(f"{server.url}/blobs/sha256/{DIGEST}", timeout=30)
    assert (nobody.status_code, nobody.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert get(server, token="lwb_wrong").status_code == 401
    refused = put(server, b"x", sha256(b"x").hexdigest(), token=server.reader)
    assert refused.status_code == 403
    assert "may not write" in refused.text
    assert get(server, token=server.writer).status_code == 200
    with pytest.raises(BlobError, match="blob_token"):
        BlobStore(server.url, server.reader).put(b"never seen")
    with pytest.raises(BlobError, match="blob_token"):
        BlobStore(server.url).has(DIGEST)


@pytest.mark.parametrize("digest", ["0" * 63, "A" * 64, "..%2F..%2Fkeys", DIGEST[:-1] + "g"])
def test_only_hashes_are_names(server: Served, digest: str) -> None:
    assert get(server, digest=digest).status_code == 404
    assert put(server, b"x", digest).status_code in {404, 405}


def test_only_what_hashes_to_its_name_is_kept(server: Served) -> None:
    wrong = sha256(b"other").hexdigest()
    answer = put(server, b"this", wrong)
    assert answer.status_code == 422
    assert sha256(b"this").hexdigest() in answer.text
    assert get(server, digest=wrong).status_code == 404
    assert put(server, b"other", wrong).status_code == 201
    assert put(server, b"other", wrong).status_code == 200
    assert list((server.data_dir / "uploads").iterdir()) == []


def test_what_is_too_large_is_refused_with_and_without_a_length(server: Served) -> None:
    data = bytes(20_000_001)
    digest = sha256(data).hexdigest()
    with pytest.raises(BlobFullError, match="413"):
        BlobStore(server.url, server.writer).put(data)
    auth = {"Authorization": f"Bearer {server.writer}"}
    pieces = (data[start : start + 65_536] for start in range(0, len(data), 65_536))
    try:
        answer = requests.put(f"{server.url}/blobs/sha256/{digest}", data=pieces, headers=auth, timeout=30)
    except requests.ConnectionError:
        pass  # the server had enough and hung up
    else:
        assert answer.status_code == 413
    assert get(server, digest=digest).status_code == 404
    assert list((server.data_dir / "uploads").iterdir()) == []


def test_an_upload_that_is_cut_off_leaves_nothing(server: Served) -> None:
    data = bytes(5_000_000)
    digest = sha256(data).hexdigest()
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        head = f"PUT /blobs/sha256/{digest} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.writer}\r\n"
        connection.sendall(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data[:1_000_000])
    assert get(server, digest=digest).status_code == 404
    assert put(server, data, digest).status_code == 201


def test_a_revoked_token_is_out_at_once(server: Served) -> None:
    assert get(server).status_code == 200
    path = tokens_path(server.data_dir)
    before = path.read_bytes()
    revoke_token(path, load_tokens(path)[0].token_id)
    assert get(server).status_code == 401
    path.write_bytes(before)
    assert get(server).status_code == 200


def test_memory_stays_flat_while_large_blobs_pass(server: Served, store: BlobStore, tmp_path: Path) -> None:
    process = psutil.Process(server.process.pid)
    with (tmp_path / "large").open("wb") as file:
        file.truncate(19_000_000)
    check = store.put_file(tmp_path / "large")
    before = process.memory_info().rss
    connections = []
    for _ in range(8):  # readers that asked and read nothing yet
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
        connection.request("GET", f"/blobs/sha256/{check.sha256}", headers={"Authorization": f"Bearer {server.reader}"})
        connections.append(connection)
    for connection in connections:
        assert len(connection.getresponse().read()) == check.size
        connection.close()
    assert process.memory_info().rss - before < 8 * 12_000_000, "less than the blobs that passed through it"


def test_metrics_count_what_passed(server: Served) -> None:
    get(server)
    page = requests.get(f"http://127.0.0.1:{server.metrics_port}/metrics", timeout=30).text
    assert 'linewatch_blobs_requests_total{method="get",status="200"}' in page
    assert "linewatch_blobs_sent_bytes_total" in page
    assert DIGEST not in page


def test_it_stops_cleanly_when_told(tmp_path: Path) -> None:
    with served_blobs(tmp_path) as server:
        assert requests.get(f"{server.url}/health", timeout=30).text == "ok\n"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0


def test_a_taken_port_is_named(server: Served, tmp_path: Path) -> None:
    port = str(urlsplit(server.url).port)
    command = [sys.executable, "-m", "infra.cli", "blobs", "serve", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert f"can't be served on 127.0.0.1:{port}" in done.stderr


def test_a_full_disk_is_507_and_nothing_half_written(tmp_path: Path) -> None:
    """A disk of 3 MB: the limit that a file of the server's process may grow to."""
    with served_blobs(tmp_path) as server:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
        data = bytes(6_000_000)
        with pytest.raises(BlobFullError, match="507"):
            BlobStore(server.url, server.writer).put(data)
        assert get(server, digest=sha256(data).hexdigest()).status_code == 404
        assert list((tmp_path / "uploads").iterdir()) == []
        small = BlobStore(server.url, server.writer)
        assert small.get(small.put(b"fits")) == b"fits"
