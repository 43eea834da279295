"""`linewatch grafana sync` as a person runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.grafana.documented_grafana import ADMIN, DocumentedGrafana, serving
from tests.paths import REPO


def linewatch(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `linewatch grafana sync` in an empty folder with these LINEWATCH_* settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LINEWATCH_")}
    return subprocess.run(
        [sys.executable, "-c", "from infra.cli import main; main()", "grafana", "sync", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(REPO), "NO_COLOR": "1", "COLUMNS": "200", **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_people_see_a_table_and_programs_a_list(tmp_path: Path) -> None:
    with serving(DocumentedGrafana()) as server:
        first = linewatch(tmp_path, "--url", server.url, "--token", ADMIN)
        settings = {"LINEWATCH_GRAFANA_URL": server.url, "LINEWATCH_GRAFANA_TOKEN": ADMIN}
        second = linewatch(tmp_path, "--json", **settings)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.count("created") == 3
    done = json.loads(second.stdout)
    assert [one["action"] for one in done] == ["unchanged"] * 3
    assert [one["kind"] for one in done] == ["data source", "folder", "dashboard"]
    assert done[2]["url"] == f"{server.url}/d/linewatch-line"


def test_a_failure_is_one_clear_line(tmp_path: Path) -> None:
    with serving(DocumentedGrafana()) as server:
        run = linewatch(tmp_path, "--url", server.url, "--token", "glsa_secret")
    assert run.returncode == 1
    assert run.stderr.startswith("error: ")
    assert "LINEWATCH_GRAFANA_TOKEN" in run.stderr
    assert "Traceback" not in run.stderr
    assert "glsa_secret" not in run.stderr + run.stdout


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, "LINEWATCH_GRAFANA_URL"),
        ({"LINEWATCH_GRAFANA_URL": "http://127.0.0.1:1"}, "LINEWATCH_GRAFANA_TOKEN"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, settings: dict[str, str], named: str) -> None:
    run = linewatch(tmp_path, **settings)
    assert run.returncode == 2
    assert named in run.stderr
