"""Chromium for the browser tests: that of the PATH, else Debian's package, installed."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from infra.errors import InfraError

__all__ = ["CHROMIUM_FLAGS", "ChromiumMissingError", "ensure_chromium", "find_chromium"]

Report = Callable[[str], None]
"""Called with a line about what goes on, for people to see."""

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_INSTALL: Final = "install Chromium so that `chromium` is on the PATH (Debian: apt-get install chromium)"
_INSTALL_S: Final = 900

CHROMIUM_FLAGS: Final = (
    "--no-sandbox",  # tests may run as root in a container, where Chromium's own sandbox refuses
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # Nothing but the page under test: a closed network refuses the browser's own requests, many at a time.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""How tests start it."""


class ChromiumMissingError(InfraError):
    """There is no Chromium. Install it as the message says; only the browser tests need it."""


def find_chromium() -> Path | None:
    """The browser on the PATH, or None."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return Path(found) if found else None


def ensure_chromium(report: Report = lambda _: None) -> Path:
    """Give the browser; the first time as root on a Debian machine without it, install its package (about 300 MB).

    Raises:
        ChromiumMissingError: there is none and it could not be installed.
    """
    if found := find_chromium():
        return found
    apt = shutil.which("apt-get")
    if not apt:
        raise ChromiumMissingError(f"there is no Chromium here and no apt-get to fetch it with: {_INSTALL}")
    if not (hasattr(os, "geteuid") and os.geteuid() == 0):
        raise ChromiumMissingError(f"there is no Chromium here, and only root may install it: {_INSTALL}")
    report("installing Chromium from the Debian packages (once)")
    said = _install(apt)
    if found := find_chromium():
        return found
    raise ChromiumMissingError(f"apt-get could not install Chromium ({said}): {_INSTALL}")


def _install(apt: str) -> str:
    """Install the package; a fresh machine has no package lists yet. Returns the end of what apt-get said."""
    install = [apt, "-q", "-y", "--no-install-recommends", "install", "chromium"]
    done = _run(install)
    if done.returncode != 0:
        _run([apt, "-q", "update"])
        done = _run(install)
    return " ".join((done.stderr or done.stdout).split())[-300:]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", env=environment, timeout=_INSTALL_S, check=False
        )
    except subprocess.TimeoutExpired:
        said = f"not done after {_INSTALL_S} s"
        return subprocess.CompletedProcess(command, 1, "", said)
