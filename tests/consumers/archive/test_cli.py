import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from consumers.archive.cli import app, moment_us
from consumers.archive.pinning import ROOT, Pin
from infra.blobs import BlobStore
from infra.settings import load_settings


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlobStore]:
    """The blob store that the command line uses."""
    monkeypatch.setenv("LINEWATCH_DATA_DIR", str(tmp_path))
    load_settings.cache_clear()
    yield BlobStore(str(tmp_path / "blobs"))
    load_settings.cache_clear()


def test_times() -> None:
    assert moment_us("2025-11-24T16:00:00") == moment_us("2025-11-24T17:00:00+01:00") == 1_764_000_000_000_000
    assert moment_us("1970-01-02") == 86_400_000_000
    with pytest.raises(typer.BadParameter, match="yesterday"):
        moment_us("yesterday")


def test_pins_are_listed_and_released(store: BlobStore) -> None:
    pin = Pin(pin="e1.a.b", edge_id="e1", from_us=0, to_us=1, pinned_at_us=2, note="claim [17]", frames=3, done=True)
    import msgspec

    store.write_file(f"{ROOT}/e1.a.b/pin.json", msgspec.json.encode(pin))
    listed = CliRunner().invoke(app, ["pins", "--json"])
    assert json.loads(listed.stdout)["pins"][0]["frames"] == 3
    assert "claim [17]" in CliRunner().invoke(app, ["pins"]).stdout
    assert CliRunner().invoke(app, ["release", "e1.a.b"]).exit_code == 0
    assert json.loads(CliRunner().invoke(app, ["pins", "--json"]).stdout) == {"pins": []}


def test_bad_usage_is_said() -> None:
    assert CliRunner().invoke(app, ["pin", "--edge", "e1"]).exit_code == 2
    assert CliRunner().invoke(app, ["run", "--only", "labels"]).exit_code == 2
