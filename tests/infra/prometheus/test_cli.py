"""`linewatch prometheus` as a person runs it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.prometheus.distribution import Programs
from infra.prometheus.query import query
from tests.paths import REPO


@pytest.mark.integration
def test_it_runs_until_told_to_stop(programs: Programs, tmp_path: Path) -> None:
    assert programs.prometheus.exists()
    command = [sys.executable, "-c", "from infra.cli import main; main()", "prometheus", "--port", "0", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(REPO), "LINEWATCH_DATA_DIR": str(tmp_path)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        assert query(url, "1")[0].value == 1
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert url in said
