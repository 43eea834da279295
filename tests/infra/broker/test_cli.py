"""`linewatch broker`, run as people run it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner

from infra.broker.cli import _configured_port, app
from infra.broker.errors import NotStartedError
from infra.broker.ports import free_ports
from tests.paths import REPO


def linewatch(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the real command in a process of its own."""
    command = [sys.executable, "-c", "from infra.cli import main; main()", "broker", *arguments]
    return subprocess.run(command, cwd=REPO, capture_output=True, text=True, timeout=120, check=False)


def answer(*arguments: str) -> dict[str, Any]:
    """Run the real command with --json and read what it prints."""
    done = linewatch(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.mark.integration
def test_the_broker_outlives_the_command_that_starts_it_and_ends_by_another(tmp_path: Path) -> None:
    where = ("--dir", str(tmp_path / "broker"))
    port = free_ports(1)[0]
    started = answer("start", *where, "--port", str(port), "--heap", "256")
    try:
        assert started["running"]
        assert started["bootstrap_servers"] == f"127.0.0.1:{port}"
        pid = started["nodes"][0]["pid"]
        assert psutil.pid_exists(pid)
        assert answer("status", *where)["nodes"][0]["pid"] == pid
        again = linewatch("start", *where)
        assert again.returncode == 0, "starting what runs is no failure, whatever port it has"
        assert f"LINEWATCH_BOOTSTRAP_SERVERS=127.0.0.1:{port}" in " ".join(again.stderr.split())
    finally:
        stopped = answer("stop", *where)
    assert stopped["nodes"] == [{"node_id": 1, "how": "stopped"}]
    gone = linewatch("status", *where)
    assert gone.returncode == 1
    assert "not running" in gone.stdout
    assert "no broker runs" in linewatch("stop", *where).stdout


def test_a_status_without_a_broker_is_one_clear_line(tmp_path: Path) -> None:
    done = linewatch("status", "--dir", str(tmp_path / "none"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: no broker was ever started in")
    assert len(done.stderr.splitlines()) == 1


def test_bad_usage_is_exit_code_2() -> None:
    assert CliRunner().invoke(app, ["start", "--nodes", "0"]).exit_code == 2
    assert CliRunner().invoke(app, ["start", "--port", "none"]).exit_code == 2


def test_errors_reach_the_one_place_that_prints_them(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["status", "--dir", str(tmp_path)])
    assert isinstance(result.exception, NotStartedError)


@pytest.mark.parametrize(
    ("servers", "port"),
    [
        ("127.0.0.1:19092", 19092),
        ("localhost:9092,localhost:9093", 9092),
        ("kafka.plant:9092", None),
        ("127.0.0.1", None),
    ],
)
def test_the_broker_listens_where_clients_will_look(servers: str, port: int | None) -> None:
    assert _configured_port(servers) == port
