"""Where a model comes from: the code's commit, the versions of what made it, the time."""

import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from consumers.inference.document import Lineage

UNKNOWN_COMMIT: Final = "unknown"
_PACKAGES: Final = (
    "linewatch", "tensorflow", "tensorflow-cpu", "keras", "numpy", "opencv-python-headless", "ai-edge-litert",
)  # fmt: skip


def lineage_of(manifest: str, seed: int, metrics: dict[str, float], versions: dict[str, str] | None = None) -> Lineage:
    """The lineage of a model made now from a data set; `metrics` are rounded to six decimals."""
    return Lineage(
        manifest=manifest,
        code_commit=code_commit(),
        seed=seed,
        created_at_us=time.time_ns() // 1000,
        metrics={name: round(float(value), 6) for name, value in metrics.items()},
        versions=package_versions() | (versions or {}),
    )


def code_commit() -> str:
    """The commit this code was checked out at, `-dirty` when it was changed since; `unknown` outside a checkout."""
    folder = Path(__file__).parent
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN_COMMIT
    return f"{commit}-dirty" if changed else commit


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()


def package_versions() -> dict[str, str]:
    """The versions of the installed packages that a model's numbers depend on."""
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
