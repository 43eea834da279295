"""`linewatch edges` by hand: tell an edge what to run, and see that it does."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.security import create_key, load_trust, now_us, save_trust
from infra.settings import Settings
from tests.consumers.edge.brightness import brightness_artifact, image_of
from tests.integration.edge_line import Line, edge_process, open_line, wait_until
from tests.paths import REPO

pytestmark = pytest.mark.integration


@pytest.fixture
def line(broker_settings: Settings, unique: str) -> Iterator[Line]:
    with open_line(broker_settings, unique) as opened:
        yield opened


def linewatch(line: Line, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as a person would."""
    environment = {
        **os.environ,
        "LINEWATCH_BOOTSTRAP_SERVERS": line.settings.bootstrap_servers,
        "LINEWATCH_DATA_DIR": str(line.settings.data_dir),
        "PYTHONPATH": str(REPO),
    }
    command = [sys.executable, "-c", "from infra.cli import main; main()", *arguments]
    return subprocess.run(
        command, env=environment, cwd=line.settings.data_dir, capture_output=True, text=True, timeout=120, check=False
    )


def test_an_edge_is_told_a_model_and_a_threshold_and_both_are_shown(line: Line, tmp_path: Path) -> None:
    line.settings.data_dir.mkdir(parents=True, exist_ok=True)
    model = str(brightness_artifact(tmp_path / "model").directory)
    refused = linewatch(line, "edges", "set-desired", line.edge_id, "--model", model)
    assert refused.returncode == 1
    assert "linewatch keys create" in refused.stderr
    key = create_key(line.settings.data_dir / "keys")
    save_trust(line.settings.trusted_keys, load_trust(line.settings.trusted_keys).with_key(key.public_key, now_us()))

    told = linewatch(line, "edges", "set-desired", line.edge_id, "--model", model, "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == [{"edge": line.edge_id, "slot": "active", "revision": 1}]
    changed = linewatch(line, "edges", "configure", line.edge_id, "--threshold", "dark=0.95", "--reason", "too strict")
    assert changed.returncode == 0, changed.stderr

    camera = line.camera("cam-1")
    camera.publish(image_of(100))
    with edge_process(line, "one", tmp_path / "edge.log"):
        (inspection,) = line.wait_for([camera])
        wait_until(lambda: any(report.active_revision == 2 for report in line.reports), "the report")
        shown = linewatch(line, "edges", "show", line.edge_id, "--json")
        listed = linewatch(line, "edges", "list")

    assert (inspection.verdict, inspection.config_revision) == ("pass", 2)
    content = json.loads(shown.stdout)
    statement = content["desired"]["active"]["statement"]
    assert statement["config"]["thresholds"] == {"dark": 0.95}
    assert statement["approval"]["reason"] == "too strict"
    assert content["desired"]["active"]["signed_by"] == [key.key_id]
    assert [report["active_revision"] for report in content["reported"]] == [2]
    assert listed.returncode == 0


def test_an_edge_id_that_cannot_be_one_is_told(line: Line, tmp_path: Path) -> None:
    line.settings.data_dir.mkdir(parents=True, exist_ok=True)

    done = linewatch(line, "edge", "--edge", "Press 1")

    assert done.returncode == 1
    assert "edge id 'Press 1' is not usable" in done.stderr
