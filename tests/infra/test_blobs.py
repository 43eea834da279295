from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.blobs import BlobCorruptError, BlobError, BlobMissingError, BlobStore, open_blobs
from infra.settings import Settings, load_settings
from schemas.records import ClaimCheck
from tests.peers.moto import S3Server, s3_server


@pytest.fixture(params=["folder", "memory", pytest.param("s3", marks=pytest.mark.integration)])
def store(request: pytest.FixtureRequest, tmp_path: Path, unique: str) -> BlobStore:
    """One contract for a folder, for fsspec's other stores and for S3; tests/consumers/archive adds the blob server."""
    if request.param == "s3":
        return BlobStore(f"{request.getfixturevalue('s3').new_bucket()}/blobs")
    return BlobStore(str(tmp_path / "blobs") if request.param == "folder" else f"memory://{unique}")


@pytest.fixture(scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(load_settings().cache_dir, tmp_path_factory.mktemp("moto") / "log") as server:
        yield server


@pytest.fixture
def s3(_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """A real S3 server, and its credentials in the environment."""
    for name, value in _server.environment.items():
        monkeypatch.setenv(name, value)
    return _server


@given(st.binary(max_size=5_000))
def test_bytes_come_back_by_their_hash(data: bytes) -> None:
    store = BlobStore("memory://property")
    check = store.put(data)
    assert store.get(check) == data
    assert check.reference == f"sha256:{check.sha256}"


def test_the_same_bytes_are_stored_once(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path))
    first = store.put(b"x" * 10)
    (path,) = (p for p in tmp_path.rglob("*") if p.is_file())
    written = path.stat().st_mtime_ns
    assert store.put(b"x" * 10) == first
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]
    assert path.stat().st_mtime_ns == written


def test_a_file_larger_than_memory_chunks_is_stored_whole(store: BlobStore, tmp_path: Path) -> None:
    source = tmp_path / "large"
    source.write_bytes(bytes(range(256)) * 10_000)
    check = store.put_file(source)
    assert check == store.put(source.read_bytes())
    assert check.size == 2_560_000


def test_a_download_resumes_where_it_stopped(store: BlobStore) -> None:
    check = store.put(bytes(range(256)) * 10_000)
    assert b"".join(store.open_range(check, 2_559_990)) == bytes(range(246, 256))


def test_a_missing_blob_is_named(store: BlobStore) -> None:
    with pytest.raises(BlobMissingError, match="sha256:" + "0" * 64):
        store.get(ClaimCheck(reference="sha256:" + "0" * 64, sha256="0" * 64, size=1))


def test_no_reference_leads_outside_the_store(store: BlobStore) -> None:
    with pytest.raises(BlobMissingError, match="no blob reference"):
        store.get(ClaimCheck(reference="sha256:../../etc/passwd", sha256="", size=1))


def test_changed_bytes_are_never_handed_out(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path))
    check = store.put(b"good")
    next(p for p in tmp_path.rglob("*") if p.is_file()).write_bytes(b"evil")
    with pytest.raises(BlobCorruptError, match="not what was stored"):
        store.get(check)


def test_a_blob_that_lost_its_bytes_is_written_anew(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path / "blobs"))
    check = store.put(b"frame")
    (path,) = (p for p in (tmp_path / "blobs").rglob("*") if p.is_file())
    path.write_bytes(b"")
    assert store.get(store.put(b"frame")) == b"frame"
    path.write_bytes(b"fr")
    (tmp_path / "frame").write_bytes(b"frame")
    assert store.get(store.put_file(tmp_path / "frame")) == b"frame"
    assert store.get(check) == b"frame"


def test_a_store_that_can_not_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where the folder should be")
    with pytest.raises(BlobError, match=r"can't be written|does not answer"):
        BlobStore(str(tmp_path / "blobs")).put(b"x")
    with pytest.raises(BlobError, match="nosuch://"):
        BlobStore("nosuch://bucket")


def test_settings_choose_the_store(tmp_path: Path) -> None:
    assert open_blobs(Settings(data_dir=tmp_path)).url == f"{tmp_path.as_posix()}/blobs"
    assert open_blobs(Settings(blob_url="memory://x")).url == "memory://x"
