import errno
import os
import time
from hashlib import sha256
from pathlib import Path

import pytest

from infra.blobs import BlobError, BlobFullError, BlobStore
from infra.blobs.folder import FolderFiles
from infra.blobs.objects import ObjectFiles
from infra.blobs.over_http import HttpFiles
from infra.blobs.store import FRESH_S


def aged(store: BlobStore, digest: str, seconds: float) -> Path:
    """Make a blob of a folder look older."""
    path = Path(store.url) / digest[:2] / digest[2:4] / digest
    os.utime(path, (time.time() - seconds,) * 2)
    return path


def test_a_blob_put_again_counts_as_just_written_without_being_written(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path))
    digest = store.put(b"frame").sha256
    path = aged(store, digest, 2 * FRESH_S)
    inode = path.stat().st_ino
    store.put(b"frame")
    assert time.time() - path.stat().st_mtime < 60
    assert path.stat().st_ino == inode


def test_where_no_time_can_be_set_an_old_blob_is_written_anew(monkeypatch: pytest.MonkeyPatch, unique: str) -> None:
    store = BlobStore(f"memory://{unique}")
    store.put(b"frame")
    written: list[str] = []
    monkeypatch.setattr(store.files, "write", lambda path, _: written.append(path))
    store.put(b"frame")
    assert written == []
    later = time.time() + 2 * FRESH_S
    monkeypatch.setattr(time, "time", lambda: later)
    store.put(b"frame")
    digest = sha256(b"frame").hexdigest()
    assert written == [f"{digest[:2]}/{digest[2:4]}/{digest}"]


def test_a_blob_that_goes_while_it_is_touched_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = BlobStore(str(tmp_path))
    digest = store.put(b"frame").sha256
    path = aged(store, digest, 2 * FRESH_S)
    touch = store.files.touch

    def collected(name: str) -> bool:
        path.unlink()
        return touch(name)

    monkeypatch.setattr(store.files, "touch", collected)
    assert store.get(store.put(b"frame")) == b"frame"


def test_only_blobs_are_listed(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path))
    digests = {store.put(bytes([number])).sha256 for number in range(20)}
    store.write_file("archive/inspections/edge=e/day=d/part.parquet", b"rows")
    first = next(iter(digests))
    (tmp_path / first[:2] / first[2:4] / f"{first}.0123.partial").write_bytes(b"half")
    assert {blob.digest for blob in store.blobs()} == digests
    assert all(blob.size == 1 and time.time() - blob.modified < 60 for blob in store.blobs())
    store.remove(first)
    store.remove(first)
    assert not store.has(first)
    assert {blob.digest for blob in store.blobs()} == digests - {first}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_store_says_so(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = BlobStore(str(tmp_path))

    def full(_handle: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BlobFullError, match=r"can't be written: blob .*(No space|quota)"):
        store.put(b"frame")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_url_chooses_what_it_stands_on(tmp_path: Path) -> None:
    folder = BlobStore(tmp_path.as_uri()).files
    assert isinstance(folder, FolderFiles)
    assert folder.root == tmp_path
    assert isinstance(BlobStore("s3://bucket/prefix").files, ObjectFiles)
    assert isinstance(BlobStore("https://blobs.plant:8481").files, HttpFiles)


def test_a_blob_server_takes_blobs_only() -> None:
    with pytest.raises(BlobError, match="blob_url"):
        BlobStore("http://127.0.0.1:1").write_file("archive/x", b"")
    with pytest.raises(BlobError, match="set blob_url to the store itself"):
        list(BlobStore("http://127.0.0.1:1").blobs())
    with pytest.raises(BlobError, match="names no host"):
        BlobStore("http://")
