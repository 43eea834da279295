"""moto's S3 server, for tests, in a virtual environment of its own: its botocore and Faust want different packages."""

import os
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from infra.errors import InfraError

LOCK: Final = Path("tests/peers/moto.lock")


class MotoMissingError(InfraError):
    """moto's server can't be installed; the tests against S3 are left out until `make system` works."""


def ensure_moto(cache_dir: Path, tell: Callable[[str], None] = lambda _: None, lock: Path = LOCK) -> Path:
    """The `moto_server` program; installed from the hash-pinned lock file the first time. MotoMissingError."""
    if not lock.is_file():
        raise MotoMissingError(f"{lock} is not here: moto is installed from a checkout of linewatch, at its root")
    venv = cache_dir / f"moto-{sha256(lock.read_bytes()).hexdigest()[:8]}"
    program = venv / ("Scripts" if os.name == "nt" else "bin") / "moto_server"
    if not (venv / ".installed").exists():
        tell("installing moto's S3 server (once, for tests)")
        _run("venv", "--quiet", "--clear", "--python", sys.executable, str(venv))
        _run("pip", "install", "--quiet", "--python", str(venv), "--require-hashes", "-r", str(lock))
        (venv / ".installed").touch()
    return program


def _run(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "uv", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise MotoMissingError(f"moto's server can't be installed (uv {arguments[0]}): {' '.join(reason)}")
