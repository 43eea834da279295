"""The Prometheus and promtool programs: those of the PATH, else Debian's package unpacked into the cache folder."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.broker.lock import exclusive
from infra.prometheus.errors import PrometheusMissingError

__all__ = ["Programs", "ensure_programs", "find_programs"]

Report = Callable[[str], None]
"""Called with a line about what goes on, for people to see."""

_FETCH_S: Final = 300
_INSTALL: Final = "install the package `prometheus` (Debian: apt-get install prometheus) so that it is on the PATH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """The two programs, of one version."""

    prometheus: Path
    promtool: Path


def find_programs(cache_dir: Path) -> Programs | None:
    """Give the programs of the PATH, else those unpacked before into `cache_dir`; None when there are none."""
    on_path = shutil.which("prometheus"), shutil.which("promtool")
    if on_path[0] and on_path[1]:
        return Programs(prometheus=Path(on_path[0]), promtool=Path(on_path[1]))
    unpacked = _unpacked(cache_dir)
    if (unpacked / "usr/bin/prometheus").is_file():
        return Programs(prometheus=unpacked / "usr/bin/prometheus", promtool=unpacked / "usr/bin/promtool")
    return None


def ensure_programs(cache_dir: Path, report: Report = lambda _: None) -> Programs:
    """Give the programs; the first time on a Debian machine without them, unpack its package (about 110 MB).

    The package is only unpacked, not installed: no service starts and no file outside `cache_dir` changes. Several
    processes may ask at once: one fetches, the others wait.

    Raises:
        PrometheusMissingError: there is none and none could be fetched.
    """
    if found := find_programs(cache_dir):
        return found
    apt, dpkg = shutil.which("apt-get"), shutil.which("dpkg")
    if not apt or not dpkg:
        raise PrometheusMissingError(f"there is no Prometheus here and no apt-get to fetch it with: {_INSTALL}")
    with exclusive(cache_dir / "prometheus.lock", timeout_s=_FETCH_S, doing="fetching Prometheus"):
        if not find_programs(cache_dir):
            report("fetching Prometheus from the Debian packages (once, about 25 MB)")
            _fetch(apt, dpkg, _unpacked(cache_dir))
    if found := find_programs(cache_dir):
        return found
    raise PrometheusMissingError(f"the package unpacked into {_unpacked(cache_dir)} has no prometheus: {_INSTALL}")


def _unpacked(cache_dir: Path) -> Path:
    return cache_dir / "prometheus"


def _fetch(apt: str, dpkg: str, target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="prometheus-", dir=target.parent) as work:
        download = [apt, "-q", "download", "prometheus"]
        if _is_root():
            # apt would drop to a user of its own that may not write to our folder.
            download[1:1] = ["-o", "APT::Sandbox::User=root"]
        first = _run(download, work)
        if first.returncode != 0 and _is_root():
            # A fresh machine or container has no package lists yet.
            _run([apt, "-q", "update"], work)
            first = _run(download, work)
        packages = sorted(Path(work).glob("prometheus_*.deb"))
        if first.returncode != 0 or not packages:
            said = " ".join((first.stderr or first.stdout).split())[-300:]
            raise PrometheusMissingError(f"apt-get could not fetch Prometheus ({said}): {_INSTALL}")
        unpacked = _run([dpkg, "-x", str(packages[0]), "unpacked"], work)
        if unpacked.returncode != 0:
            raise PrometheusMissingError(
                f"{packages[0].name} can't be unpacked ({unpacked.stderr.strip()}): {_INSTALL}"
            )
        (Path(work) / "unpacked").rename(target)


def _run(command: list[str], work: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=work, capture_output=True, text=True, errors="replace", timeout=_FETCH_S, check=False
    )


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
