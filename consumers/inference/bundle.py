"""Packs an artifact into one file for the blob store, and unpacks it again without trusting it.

A zip without compression (weights barely compress), names sorted, times fixed: the same artifact always gives the
same bytes, so the blob store keeps it once.
"""

import dataclasses
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from consumers.inference.artifact import MAXIMUM_BYTES, MAXIMUM_FILES, Artifact, list_files, load_artifact
from consumers.inference.errors import ArtifactError
from consumers.inference.validation import is_safe_path

_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)  # the first moment a zip can hold
_CHUNK: Final = 1024 * 1024


def pack(artifact: Artifact, target: Path) -> None:
    """Write an artifact, signatures included, into one file; it appears whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with zipfile.ZipFile(scratch, "w", zipfile.ZIP_STORED) as bundle:
            for name, path in list_files(artifact.directory):
                with path.open("rb") as source, bundle.open(_entry(name, path.stat().st_size), "w") as sink:
                    shutil.copyfileobj(source, sink, _CHUNK)
        os.replace(scratch, target)
    finally:
        scratch.unlink(missing_ok=True)


def unpack(bundle: Path, directory: Path, expected_digest: str | None = None) -> Artifact:
    """Unpack a bundle into a new folder and load it; `directory` must not exist or be empty.

    ArtifactError when the file is no bundle, is cut off, names a path outside, a link, a name twice, or holds more
    than the caps allow, and when the digest is not the expected one. Nothing is left behind then.
    """
    if directory.exists() and any(directory.iterdir()):
        raise ArtifactError(f"{directory}: exists and is not empty; choose another folder")
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".unpack-") as scratch:
        built = Path(scratch) / "built"
        built.mkdir()
        _extract(bundle, built)
        artifact = load_artifact(built, expected_digest)
        if directory.exists():
            directory.rmdir()
        os.replace(built, directory)
    return dataclasses.replace(artifact, directory=directory)


def _entry(name: str, size: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_EARLIEST)
    entry.create_system = 3  # always as on POSIX, else the bytes would differ by system
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    entry.file_size = size
    return entry


def _extract(bundle: Path, built: Path) -> None:
    try:
        with zipfile.ZipFile(bundle) as opened:
            for entry in _checked_entries(bundle, opened.infolist()):
                target = built / entry.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(entry) as source, target.open("xb") as sink:
                    shutil.copyfileobj(source, sink, _CHUNK)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise ArtifactError(f"{bundle}: cannot be unpacked: {error}") from error


def _checked_entries(bundle: Path, entries: list[zipfile.ZipInfo]) -> Iterator[zipfile.ZipInfo]:
    if len(entries) > MAXIMUM_FILES or sum(entry.file_size for entry in entries) > MAXIMUM_BYTES:
        raise ArtifactError(f"{bundle}: more than {MAXIMUM_FILES} files or {MAXIMUM_BYTES} bytes")
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if not is_safe_path(entry.filename) or kind not in {0, stat.S_IFREG}:
            raise ArtifactError(f"{bundle}: entry {entry.filename!r} is no plain file inside the artifact")
        # Stored entries cannot grow when read, so the sizes above are the sizes on disk.
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise ArtifactError(f"{bundle}: entry {entry.filename!r} is compressed, which no linewatch bundle is")
        yield entry
