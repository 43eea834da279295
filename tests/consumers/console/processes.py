"""`linewatch console` and `linewatch users` as processes, as people start them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from infra.settings import Settings
from tests.paths import REPO

COMMAND = [sys.executable, "-c", "from infra.cli import main; main()"]


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a process with these settings."""
    own = {
        "LINEWATCH_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "LINEWATCH_DATA_DIR": str(settings.data_dir.resolve()),
        "PYTHONPATH": str(REPO),
    }
    if settings.database_url:
        own["LINEWATCH_DATABASE_URL"] = settings.database_url
    return {**os.environ, **own}


@dataclass
class RunningConsole:
    """A console's process, and what it said when it was served."""

    process: "subprocess.Popen[str]"
    said: dict[str, Any]


@contextmanager
def running_console(settings: Settings, *arguments: str) -> Iterator[RunningConsole]:
    """Start a console on a free port and wait until it is served; killed at the end if it still runs."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    command = [*COMMAND, "console", "--port", "0", "--json", *arguments]
    log = (settings.data_dir / "console.log").open("a")
    with (
        log,
        subprocess.Popen(
            command, cwd=settings.data_dir, env=environment(settings), stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, (settings.data_dir / "console.log").read_text()
            yield RunningConsole(process, json.loads(line))
        finally:
            if process.poll() is None:
                process.kill()


def users(settings: Settings, *arguments: str, password: str | None = None) -> "subprocess.CompletedProcess[str]":
    """Run `linewatch users` to its end."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [*COMMAND, "users", *arguments],
        cwd=settings.data_dir,
        env=environment(settings),
        input=password,
        capture_output=True,
        text=True,
        check=False,
    )
