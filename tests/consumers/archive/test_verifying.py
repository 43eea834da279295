from pathlib import Path

import pytest

from consumers.archive.verifying import verify_blobs
from infra.blobs import BlobStore


def test_damaged_blobs_are_found(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path))
    good, bad = store.put(b"good" * 1_000_000), store.put(b"bad")
    next(tmp_path.rglob(bad.sha256)).write_bytes(b"BAD")
    assert {checked.blob.digest: checked.sound for checked in verify_blobs(store)} == {
        good.sha256: True,
        bad.sha256: False,
    }


def test_a_blob_collected_meanwhile_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = BlobStore(str(tmp_path))
    check = store.put(b"gone")
    listed = list(store.blobs())
    monkeypatch.setattr(store, "blobs", lambda: iter(listed))
    store.remove(check.sha256)
    assert list(verify_blobs(store)) == []
