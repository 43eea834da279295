"""The contract with a real S3 server is in tests/infra/test_blobs.py; here is what goes wrong."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.blobs import BlobError, BlobMissingError, BlobStore
from infra.blobs.files import CHUNK
from infra.broker.ports import free_ports
from infra.settings import load_settings
from schemas.records import ClaimCheck
from tests.peers.moto import S3Server, s3_server


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    """A server of the test's own, which it may kill."""
    with s3_server(load_settings().cache_dir, tmp_path / "moto.log") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.mark.integration
def test_large_files_go_up_in_parts_and_come_down_in_chunks(server: S3Server, tmp_path: Path) -> None:
    store = BlobStore(f"{server.new_bucket()}/a/b")
    (tmp_path / "large").write_bytes(bytes(range(256)) * 60_000)
    check = store.put_file(tmp_path / "large")
    pieces = list(store.open_range(check, 0))
    assert sum(map(len, pieces)) == check.size == 15_360_000
    assert max(map(len, pieces)) < 8 * CHUNK, "never the whole in memory"
    assert [blob.digest for blob in store.blobs()] == [check.sha256]
    assert b"".join(store.open_range(check, check.size)) == b""
    store.remove(check.sha256)
    store.remove(check.sha256)
    assert not store.has(check.sha256)


@pytest.mark.integration
def test_a_server_that_died_gives_one_clear_error_and_nothing_half_written(server: S3Server, tmp_path: Path) -> None:
    bucket = server.new_bucket()
    store = BlobStore(bucket)
    kept = store.put(b"kept")
    (tmp_path / "large").write_bytes(bytes(12_000_000))
    server.process.kill()
    server.process.wait(30)
    with pytest.raises(BlobError, match=bucket) as raised:
        store.put_file(tmp_path / "large")
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 600
    with pytest.raises(BlobError, match=bucket):
        store.get(kept)


@pytest.mark.integration
def test_a_bucket_that_is_not_there_is_named(server: S3Server) -> None:
    assert server.process.poll() is None
    with pytest.raises(BlobError, match="s3://no-such-bucket"):
        BlobStore("s3://no-such-bucket").put(b"x")
    nothing = ClaimCheck(reference="sha256:" + "0" * 64, sha256="0" * 64, size=1)
    with pytest.raises(BlobError, match="NoSuchBucket") as raised:
        BlobStore("s3://no-such-bucket").get(nothing)
    assert not isinstance(raised.value, BlobMissingError)


def test_nobody_listening_is_an_error_and_no_missing_blob(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(BlobError, match="does not answer"):
        BlobStore("s3://bucket").has("0" * 64)


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(BlobError, match=r"linewatch\[s3\]"):
        BlobStore("s3://bucket")
