"""A real PostgreSQL on one machine that lives as long as its context."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from infra.broker.ports import HOST, free_ports
from infra.debian import is_root
from infra.postgres.distribution import Postgres
from infra.postgres.errors import PostgresStartError

__all__ = ["PostgresServer"]

_READY_S: Final = 60.0
_STOP_S: Final = 30.0
_USER: Final = "linewatch"
_UNPRIVILEGED: Final = ("postgres", "nobody")
# Nothing in it outlives the test, so it need not survive a power cut; it still survives its own crash.
_FAST: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_LISTENING: Final = ("unix_socket_directories=", f"listen_addresses={HOST}", "max_connections=200")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A running PostgreSQL that listens to this machine alone, by password; a context manager that stops it."""

    port: int
    password: str
    folder: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, postgres: Postgres) -> Self:
        """Make a cluster in a folder of its own and start it. Started as root, it runs as `postgres` or `nobody`.

        Raises:
            PostgresStartError: it can't be made or started; the message has its last words.
        """
        folder, owner = Path(tempfile.mkdtemp(prefix="linewatch-postgres-")), _owner()
        try:
            password = secrets.token_urlsafe(24)
            _make(postgres, folder, owner, password)
            port = free_ports(1)[0]
            options = [part for option in (*_LISTENING, *_FAST, f"port={port}") for part in ("-c", option)]
            command = [str(postgres.programs / "postgres"), "-D", str(folder / "data"), *options]
            with (folder / "log").open("wb") as log:
                process = subprocess.Popen(
                    _as(owner, command, dies_with_us=True),
                    cwd=folder,
                    env=postgres.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            server = cls(port=port, password=password, folder=folder, process=process)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        try:
            server._wait_until_ready()
        except BaseException:
            server.stop()
            raise
        return server

    def url(self, database: str = "postgres") -> str:
        """The URL of one of its databases, as the setting database_url takes it."""
        return f"postgresql://{_USER}:{quote(self.password)}@{HOST}:{self.port}/{database}"

    def stop(self) -> None:
        """End it and delete its folder. A second call does nothing."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # "fast": connections are closed, nothing is waited for
            try:
                self.process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(_STOP_S)
        shutil.rmtree(self.folder, ignore_errors=True)

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
                raise PostgresStartError(f"PostgreSQL ended with exit code {code}: {self._last_words()}")
            if time.monotonic() > end:
                raise PostgresStartError(f"PostgreSQL is not ready after {_READY_S:g} s: {self._last_words()}")
            time.sleep(0.05)

    def _ready(self) -> bool:
        # Its last line says so; the word in it is never translated, unlike those of the log.
        with suppress(OSError):
            lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
            return len(lines) >= 8 and lines[7].strip() == "ready"
        return False

    def _last_words(self) -> str:
        return _tail((self.folder / "log").read_text(encoding="utf-8", errors="replace"))


def _owner() -> str | None:
    """The user it runs as instead of root; None when we are not root."""
    if not is_root():
        return None
    for name in _UNPRIVILEGED:
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise PostgresStartError(
        f"PostgreSQL refuses to run as root, and there is no user {' or '.join(_UNPRIVILEGED)}: make one"
    )


def _make(postgres: Postgres, folder: Path, owner: str | None, password: str) -> None:
    (folder / "password").write_text(password)
    if owner is not None:
        entry = pwd.getpwnam(owner)
        for path in (folder, folder / "password"):
            os.chown(path, entry.pw_uid, entry.pw_gid)
    command = [str(postgres.programs / "initdb"), "-D", str(folder / "data"), "-U", _USER, "-E", "UTF8"]
    command += ["--locale=C", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--no-sync"]
    run = subprocess.run(
        _as(owner, command), cwd=folder, env=postgres.environment, capture_output=True, text=True, check=False
    )
    if run.returncode != 0:
        raise PostgresStartError(f"initdb failed: {_tail(run.stderr or run.stdout)}")


def _as(owner: str | None, command: Sequence[str], *, dies_with_us: bool = False) -> list[str]:
    """The command as another user, and ended by the system when this thread of ours ends, where that can be had."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if owner is not None:
            raise PostgresStartError("PostgreSQL refuses to run as root: install setpriv (Debian: util-linux)")
        return list(command)
    prefix = [setpriv]
    if owner is not None:
        prefix += [f"--reuid={owner}", f"--regid={pwd.getpwnam(owner).pw_gid}", "--clear-groups"]
    if dies_with_us:
        prefix += ["--pdeathsig=QUIT"]
    return [*prefix, *command] if len(prefix) > 1 else list(command)


def _tail(text: str) -> str:
    return " | ".join(text.strip().splitlines()[-3:])
