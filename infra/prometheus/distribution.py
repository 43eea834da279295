"""The Prometheus and promtool programs: those of the PATH, else Debian's package unpacked into the cache folder."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.debian import PackagesMissingError, Report, unpack_packages
from infra.prometheus.errors import PrometheusMissingError

__all__ = ["Programs", "ensure_programs", "find_programs"]

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
    try:
        unpack_packages(["prometheus"], _unpacked(cache_dir), report, "Prometheus, about 25 MB,")
    except PackagesMissingError as error:
        raise PrometheusMissingError(f"{error}: {_INSTALL}") from error
    if found := find_programs(cache_dir):
        return found
    raise PrometheusMissingError(f"the package unpacked into {_unpacked(cache_dir)} has no prometheus: {_INSTALL}")


def _unpacked(cache_dir: Path) -> Path:
    return cache_dir / "prometheus"
