"""PostgreSQL's programs: Debian's installed ones, those of the PATH, else Debian's package unpacked into a folder."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.debian import PackagesMissingError, Report, is_root, unpack_packages
from infra.postgres.errors import PostgresMissingError

__all__ = ["Postgres", "ensure_postgres", "find_postgres"]

_INSTALLED: Final = Path("/usr/lib/postgresql")
_INSTALL: Final = "install PostgreSQL (Debian: apt-get install postgresql)"
# PostgreSQL refuses to run as root, and who it runs as then can't look below root's own folders.
_FOR_ROOT: Final = Path("/var/tmp/linewatch")  # noqa: S108 - only programs lie there, made by root and writable by root alone
_OTHERS_MAY_ENTER: Final = 0o001


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """Where the programs `initdb` and `postgres` are, and the libraries that came with them."""

    programs: Path
    libraries: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The environment they run in."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return own if self.libraries is None else {**own, "LD_LIBRARY_PATH": str(self.libraries)}


def find_postgres(cache_dir: Path) -> Postgres | None:
    """Give the installed programs (the newest), else those of the PATH, else those unpacked before; None for none."""
    for programs in _candidates():
        if (programs / "initdb").is_file() and (programs / "postgres").is_file():
            return Postgres(programs=programs)
    unpacked = _unpacked(cache_dir)
    for programs in _newest(unpacked / "usr/lib/postgresql"):
        if (programs / "initdb").is_file():
            return Postgres(programs=programs, libraries=next(unpacked.glob("usr/lib/*-linux-gnu*"), None))
    return None


def ensure_postgres(cache_dir: Path, report: Report = lambda _: None) -> Postgres:
    """Give the programs; the first time on a Debian machine without them, unpack its package (about 60 MB).

    Raises:
        PostgresMissingError: there is none and none could be fetched, or a library that it needs is not there.
    """
    if found := find_postgres(cache_dir):
        return found
    try:
        name = _package()
        target = _unpacked(cache_dir)
        target.parent.mkdir(parents=True, exist_ok=True)
        unpack_packages([name, "libpq5"], target, report, f"PostgreSQL ({name}), about 17 MB,")
    except PackagesMissingError as error:
        raise PostgresMissingError(f"{error}: {_INSTALL}") from error
    found = find_postgres(cache_dir)
    if found is None:
        raise PostgresMissingError(f"the package unpacked into {target} has no initdb: {_INSTALL}")
    _check(found)
    return found


def _candidates() -> Iterable[Path]:
    yield from _newest(_INSTALLED)
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent


def _newest(root: Path) -> list[Path]:
    versions = [folder for folder in root.glob("*") if folder.name.isdigit()]
    return [folder / "bin" for folder in sorted(versions, key=lambda folder: int(folder.name), reverse=True)]


def _unpacked(cache_dir: Path) -> Path:
    return (_FOR_ROOT if is_root() and not _open_to_others(cache_dir) else cache_dir) / "postgres"


def _open_to_others(folder: Path) -> bool:
    there = [path for path in (folder.resolve(), *folder.resolve().parents) if path.exists()]
    return all(path.stat().st_mode & _OTHERS_MAY_ENTER for path in there)


def _package() -> str:
    """The package that `postgresql` stands for in this Debian, such as postgresql-15."""
    apt = shutil.which("apt-cache")
    if apt is None:
        raise PackagesMissingError("there is no PostgreSQL here and no apt-get to fetch it with")
    said = subprocess.run([apt, "depends", "postgresql"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"Depends: (postgresql-[0-9]+)", said)
    if found is None:
        raise PackagesMissingError("this machine's package lists have no `postgresql` (try apt-get update)")
    return found[1]


def _check(found: Postgres) -> None:
    """PostgresMissingError, naming what is missing, when the programs can't run."""
    for name in ("postgres", "initdb"):
        command = [str(found.programs / name), "--version"]
        run = subprocess.run(command, env=found.environment, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise PostgresMissingError(f"{found.programs / name} can't run ({run.stderr.strip()}): {_INSTALL}")
