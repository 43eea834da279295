import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consumers.archive.blobs_cli import app
from infra.blobs import BlobStore
from infra.settings import load_settings


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlobStore]:
    """The blob store that the command line uses."""
    monkeypatch.setenv("LINEWATCH_DATA_DIR", str(tmp_path))
    load_settings.cache_clear()
    yield BlobStore(str(tmp_path / "blobs"))
    load_settings.cache_clear()


def test_tokens_are_made_listed_and_revoked(store: BlobStore) -> None:
    made = json.loads(CliRunner().invoke(app, ["token", "create", "--write", "--note", "edge 7", "--json"]).stdout)
    assert made["scopes"] == ["read", "write"]
    listed = CliRunner().invoke(app, ["token", "list", "--json"]).stdout
    assert made["token"] not in listed
    assert json.loads(listed)["tokens"][0]["note"] == "edge 7"
    assert "edge 7" in CliRunner().invoke(app, ["token", "list"]).stdout
    assert CliRunner().invoke(app, ["token", "revoke", made["token_id"]]).exit_code == 0
    assert "revoked" in CliRunner().invoke(app, ["token", "list"]).stdout
    assert "it is shown this once" in CliRunner().invoke(app, ["token", "create"]).stdout
    assert not list(store.blobs())


def test_verify_says_what_is_damaged(store: BlobStore) -> None:
    good, bad = store.put(b"good"), store.put(b"bad")
    sound = CliRunner().invoke(app, ["verify"])
    assert (sound.exit_code, sound.stdout) == (0, "2 blobs, 7 B: 0 damaged\n")
    next(Path(store.url).rglob(bad.sha256)).write_bytes(b"BAD")
    damaged = CliRunner().invoke(app, ["verify", "--json"])
    assert damaged.exit_code == 1
    assert json.loads(damaged.stdout) == {"blobs": 2, "size": 7, "damaged": [bad.sha256]}
    assert good.sha256 not in CliRunner().invoke(app, ["verify"]).stdout
