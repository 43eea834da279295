"""A real Prometheus on one machine, with our configuration and rules, for `linewatch up` and the tests."""

import shutil
import subprocess
import time
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.error import URLError
from urllib.request import urlopen

from infra.broker.ports import HOST, free_ports, is_free
from infra.prometheus.distribution import Programs
from infra.prometheus.errors import PrometheusStartError
from infra.prometheus.targets import targets_dir

__all__ = ["PrometheusServer", "write_configuration"]

_READY_S: Final = 60.0
_STOP_S: Final = 30.0
_INTERVALS: Final = "  scrape_interval: 5s\n  scrape_timeout: 4s\n  evaluation_interval: 5s\n"


def write_configuration(data_dir: Path, scrape_interval_s: int = 5) -> Path:
    """Put prometheus.yml and the rules below `data_dir`/prometheus, beside the targets; give prometheus.yml.

    Written anew at each start: what counts is the configuration of the linewatch that runs. `scrape_interval_s` is
    whole seconds, at least 1.
    """
    home = targets_dir(data_dir).parent
    targets_dir(data_dir).mkdir(parents=True, exist_ok=True)
    text = files("infra.prometheus").joinpath("prometheus.yml").read_text(encoding="utf-8")
    every = f"{scrape_interval_s}s"
    faster = f"  scrape_interval: {every}\n  scrape_timeout: {every}\n  evaluation_interval: {every}\n"
    (home / "prometheus.yml").write_text(
        text if scrape_interval_s == 5 else text.replace(_INTERVALS, faster), encoding="utf-8"
    )
    with as_file(files("infra.prometheus").joinpath("rules")) as rules:
        shutil.copytree(rules, home / "rules", dirs_exist_ok=True)
    return home / "prometheus.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusServer:
    """A running Prometheus that listens to this machine alone; a context manager that stops it at the end."""

    url: str
    data_dir: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(
        cls, programs: Programs, data_dir: Path, *, port: int = 0, scrape_interval_s: int = 5, retention: str = "30d"
    ) -> Self:
        """Start it and wait until it answers queries. `port` 0 means any free one; `retention` is Prometheus' syntax.

        Raises:
            PrometheusStartError: it ended, or was not ready in a minute; the message has its last words.
        """
        if port and not is_free(port):
            # Whoever listens there might well be another Prometheus, and look like ours when asked whether it is ready.
            raise PrometheusStartError(
                f"port {port} on {HOST} is taken: stop what listens there, or choose another port"
            )
        configuration = write_configuration(data_dir, scrape_interval_s)
        url = f"http://{HOST}:{port or free_ports(1)[0]}"
        command = [
            str(programs.prometheus.resolve()),
            f"--config.file={configuration.name}",
            "--storage.tsdb.path=tsdb",
            f"--storage.tsdb.retention.time={retention}",
            f"--web.listen-address={url.removeprefix('http://')}",
            "--log.level=warn",
        ]
        with (configuration.parent / "prometheus.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=configuration.parent, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        server = cls(url=url, data_dir=data_dir, process=process)
        try:
            server._wait_until_ready()
        except BaseException:
            server.stop()
            raise
        return server

    @property
    def log(self) -> Path:
        return self.data_dir / "prometheus" / "prometheus.log"

    def stop(self) -> None:
        """End it in order (it writes its head block), by force after half a minute. A second call does nothing."""
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + _READY_S
        while not self._ready():
            if (code := self.process.poll()) is not None:
                raise PrometheusStartError(f"Prometheus ended with exit code {code}: {self._last_words()}")
            if time.monotonic() > end:
                raise PrometheusStartError(f"Prometheus is not ready after {_READY_S:g} s: {self._last_words()}")
            time.sleep(0.05)

    def _ready(self) -> bool:
        try:
            with urlopen(f"{self.url}/-/ready", timeout=2) as answer:  # noqa: S310 - our own http address
                return bool(answer.status == 200)
        except (URLError, TimeoutError, ConnectionError):
            return False

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return " | ".join(lines[-3:]) + f" (log: {self.log})"
