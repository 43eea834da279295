"""Files of pretrained weights, kept below the data directory by their SHA-256 and found again by digest or name.

`linewatch weights import FILE` puts a file there once; training then names it, and the model's lineage records the
digest. Nothing is ever fetched over the network.
"""

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consumers.trainer.errors import WeightsError
from consumers.trainer.file_digest import hash_file

SUFFIXES: Final = (".pth", ".pt", ".h5", ".keras")
_HEX_PREFIX: Final = re.compile(r"^(sha256:)?[0-9a-f]{6,64}$")


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """An imported file: its SHA-256 (64 hex digits), the name it came with, where it lies, its size in bytes."""

    sha256: str
    name: str
    path: Path
    size: int


class WeightsStore:
    """The folder of imported weights, `<folder>/<sha256>/<name>`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, file: Path) -> WeightsFile:
        """Copy a file in; one that is there already is left as it is.

        Raises WeightsError for a missing file, an unknown suffix, or a disk that is full.
        """
        if not file.is_file():
            raise WeightsError(f"{file} is not a file; name the file of weights to import")
        if file.suffix not in SUFFIXES:
            raise WeightsError(f"{file.name} ends in {file.suffix!r}; weights are {', '.join(SUFFIXES)}")
        sha256 = hash_file(file)
        target = self._folder / sha256 / file.name
        try:
            if not target.is_file():
                _copy(file, target)
        except OSError as error:
            raise WeightsError(f"cannot keep {file.name} in {self._folder}: {error.strerror or error}") from error
        return _describe(target)

    def files(self) -> list[WeightsFile]:
        """Every imported file, by name."""
        found = [path for path in self._folder.glob("*/*") if path.suffix in SUFFIXES and len(path.parent.name) == 64]
        return sorted((_describe(path) for path in found), key=lambda file: (file.name, file.sha256))

    def find(self, wanted: str) -> WeightsFile:
        """The file with that path, digest (or its first six digits or more) or name; its contents are checked.

        Raises WeightsError when there is none, several, or its bytes have changed since they were imported.
        """
        if Path(wanted).is_file():
            return WeightsFile(hash_file(Path(wanted)), Path(wanted).name, Path(wanted), Path(wanted).stat().st_size)
        file = self._only_match(wanted)
        if hash_file(file.path) != file.sha256:
            raise WeightsError(f"{file.path} has changed since it was imported; delete it and import it again")
        return file

    def _only_match(self, wanted: str) -> WeightsFile:
        digest = wanted.removeprefix("sha256:") if _HEX_PREFIX.match(wanted) else None
        found = [
            file
            for file in self.files()
            if file.name == wanted or (digest is not None and file.sha256.startswith(digest))
        ]
        if not found:
            known = ", ".join(f"{file.name} ({file.sha256[:12]})" for file in self.files()) or "none"
            raise WeightsError(f"no weights {wanted!r}: no such file, and imported are {known}; see `weights import`")
        if len({file.sha256 for file in found}) > 1:
            raise WeightsError(f"{wanted!r} means {len(found)} imported files; name one by its digest")
        return found[0]


def _copy(file: Path, target: Path) -> None:
    """Copy so that the target is whole or absent, also when the process dies."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=target.parent)
    os.close(handle)
    try:
        shutil.copyfile(file, scratch)
        os.replace(scratch, target)
    finally:
        Path(scratch).unlink(missing_ok=True)


def _describe(path: Path) -> WeightsFile:
    return WeightsFile(path.parent.name, path.name, path, path.stat().st_size)
