"""Programs of Debian packages, unpacked into a folder and not installed: no service starts, nothing else changes."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from infra.broker.lock import exclusive
from infra.errors import InfraError

__all__ = ["PackagesMissingError", "Report", "unpack_packages"]

Report = Callable[[str], None]
"""Called with a line about what goes on, for people to see."""

_FETCH_S: Final = 300


class PackagesMissingError(InfraError):
    """Packages could not be fetched or unpacked; the message quotes why. Install them as it says."""


def unpack_packages(packages: Sequence[str], target: Path, report: Report, about: str) -> None:
    """Unpack Debian packages into `target`, once: several processes may ask at the same time, one fetches.

    Raises:
        PackagesMissingError: there is no apt-get here, or it could not fetch one of them.
    """
    apt, dpkg = shutil.which("apt-get"), shutil.which("dpkg")
    if not apt or not dpkg:
        raise PackagesMissingError(f"there is no {about} here and no apt-get to fetch it with")
    with exclusive(target.with_name(f"{target.name}.lock"), timeout_s=_FETCH_S, doing=f"fetching {about}"):
        if not target.exists():
            report(f"fetching {about} from the Debian packages (once)")
            _fetch(apt, dpkg, packages, target, about)


def _fetch(apt: str, dpkg: str, packages: Sequence[str], target: Path, about: str) -> None:
    with tempfile.TemporaryDirectory(prefix=f"{target.name}-", dir=target.parent) as work:
        download = [apt, "-q", "download", *packages]
        if is_root():
            # apt would drop to a user of its own that may not write to our folder.
            download[1:1] = ["-o", "APT::Sandbox::User=root"]
        first = _run(download, work)
        if first.returncode != 0 and is_root():
            # A fresh machine or container has no package lists yet.
            _run([apt, "-q", "update"], work)
            first = _run(download, work)
        fetched = sorted(Path(work).glob("*.deb"))
        if first.returncode != 0 or len(fetched) < len(packages):
            said = " ".join((first.stderr or first.stdout).split())[-300:]
            raise PackagesMissingError(f"apt-get could not fetch {about} ({said})")
        for package in fetched:
            unpacked = _run([dpkg, "-x", str(package), "unpacked"], work)
            if unpacked.returncode != 0:
                raise PackagesMissingError(f"{package.name} can't be unpacked ({unpacked.stderr.strip()})")
        (Path(work) / "unpacked").rename(target)


def _run(command: list[str], work: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=work, capture_output=True, text=True, errors="replace", timeout=_FETCH_S, check=False
    )


def is_root() -> bool:
    """Whether this process may do anything, as in most containers."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
