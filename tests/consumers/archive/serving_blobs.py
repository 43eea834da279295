"""A real `linewatch blobs serve` in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from consumers.archive.tokens import create_token, tokens_path
from tests.paths import REPO


@dataclass
class Served:
    """A running server."""

    url: str
    metrics_port: int
    process: subprocess.Popen[str]
    data_dir: Path
    reader: str
    writer: str


@contextmanager
def served_blobs(folder: Path, *arguments: str, blob_url: str | None = None) -> Iterator[Served]:
    """A server of one's own, with a token that reads and one that writes; killed at the end if it still runs."""
    reader, _ = create_token(tokens_path(folder), ("read",))
    writer, _ = create_token(tokens_path(folder), ("read", "write"))
    environment = {**os.environ, "LINEWATCH_DATA_DIR": str(folder), "PYTHONPATH": str(REPO)}
    if blob_url is not None:
        environment["LINEWATCH_BLOB_URL"] = blob_url
    command = [sys.executable, "-m", "infra.cli", "blobs", "serve", "--port", "0", "--metrics-port", "0", "--json"]
    with (folder / "serve.log").open("w") as log:
        process = subprocess.Popen(
            [*command, *arguments], env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, (folder / "serve.log").read_text()
        started = json.loads(line)
        yield Served(started["url"], started["metrics_port"], process, folder, reader, writer)
    finally:
        process.kill()
        process.wait(30)
        process.stdout.close()
