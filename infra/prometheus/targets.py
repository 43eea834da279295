"""Scrape targets of processes on one machine: a file each, which Prometheus' file discovery reads as it changes.

A process is known by its name, not by its port: started again on another port, it takes its old file over, and a
killed process stays listed, so that Prometheus says `up == 0` for it until someone starts or unregisters it.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from infra.prometheus.errors import TargetError

__all__ = ["JOBS", "register_target", "registered_target", "targets_dir", "unregister_target"]

JOBS: Final = ("gateway", "edge", "statistics", "labeling", "archive", "blobs", "console")
"""The jobs that prometheus.yml scrapes; a file of another job would be read by nobody."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_ADDRESS: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")


def targets_dir(data_dir: Path) -> Path:
    """The folder that holds the target files below a data directory."""
    return data_dir / "prometheus" / "targets"


def register_target(data_dir: Path, job: str, name: str, address: str, labels: Mapping[str, str] | None = None) -> Path:
    """Have Prometheus scrape `http://<address>/metrics` (host:port) of the process `name`; give the file written.

    `labels` are put on its series and on `up`; a label that the process sets itself wins. The file appears whole.

    Raises:
        TargetError: the job is unknown, or a name, address or label is not usable.
    """
    path = _path(data_dir, job, name)
    _check_address(address)
    wrong = [label for label in labels or {} if not _LABEL.fullmatch(label) or label.startswith("__")]
    if wrong:
        raise TargetError(f"labels {', '.join(wrong)} of target {name}: use letters, digits and single '_'")
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, json.dumps([{"targets": [address], "labels": dict(labels or {})}], indent=1) + "\n")
    return path


def unregister_target(data_dir: Path, job: str, name: str) -> bool:
    """Stop scraping a process; tell whether it was registered."""
    path = _path(data_dir, job, name)
    known = path.exists()
    path.unlink(missing_ok=True)
    return known


@contextmanager
def registered_target(
    data_dir: Path, job: str, name: str, address: str, labels: Mapping[str, str] | None = None
) -> Iterator[Path]:
    """Register a target for the length of a block: an orderly end unregisters it, a kill leaves it to be missed."""
    yield register_target(data_dir, job, name, address, labels)
    unregister_target(data_dir, job, name)


def _path(data_dir: Path, job: str, name: str) -> Path:
    if job not in JOBS:
        raise TargetError(f"job {job!r} is not scraped: prometheus.yml knows {', '.join(JOBS)}")
    if not _NAME.fullmatch(name):
        raise TargetError(f"target name {name!r} is not usable: 1-128 letters, digits, '.', '_' and '-'")
    return targets_dir(data_dir) / f"{job}-{name}.json"


def _check_address(address: str) -> None:
    found = _ADDRESS.fullmatch(address)
    if not found or not 0 < int(found[2]) < 2**16:
        raise TargetError(f"target address {address!r} is not host:port")


def _write(path: Path, text: str) -> None:
    # Not *.json while it is written, or Prometheus would read half of it.
    handle, name = tempfile.mkstemp(prefix=f"{path.stem}.", suffix=".new", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    # mkstemp makes it private; Prometheus may run as another user.
    Path(name).chmod(0o644)
    Path(name).replace(path)
