"""A real S3 server process for tests: moto's, from a virtual environment of its own."""

import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from infra.broker.ports import free_ports
from infra.setup.moto_server import ensure_moto


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server."""

    url: str
    process: subprocess.Popen[bytes]

    @property
    def environment(self) -> Mapping[str, str]:
        """What clients of it need in their environment."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
        }

    def new_bucket(self) -> str:
        """The URL of an empty bucket."""
        name = f"bucket-{uuid.uuid4().hex[:12]}"
        requests.put(f"{self.url}/{name}", timeout=30).raise_for_status()
        return f"s3://{name}"


@contextmanager
def s3_server(cache_dir: Path, log: Path) -> Iterator[S3Server]:
    """A server of one's own, ended with the block."""
    (port,) = free_ports(1)
    with log.open("wb") as sink:
        command = [str(ensure_moto(cache_dir)), "-H", "127.0.0.1", "-p", str(port)]
        process = subprocess.Popen(command, stdout=sink, stderr=sink)
    server = S3Server(f"http://127.0.0.1:{port}", process)
    try:
        _await(server, log)
        yield server
    finally:
        process.kill()
        process.wait(30)


def _await(server: S3Server, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            requests.get(server.url, timeout=5)
        except requests.RequestException:
            assert server.process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"moto does not answer: {log.read_text()}"
            time.sleep(0.1)  # between two looks
        else:
            return
