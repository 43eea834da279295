"""What a blob store stands on: named files that appear whole or not at all."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

import fsspec

CHUNK: Final = 1 << 20
"""Bytes read or handed on at once."""
PARTIAL: Final = ".partial"
"""End of the name of a file that is still being written; leftovers of killed writers have it too."""


@dataclass(frozen=True, slots=True)
class Stat:
    """A file of the store."""

    path: str  # below the store's root, with slashes
    size: int  # bytes
    modified: float  # last written, Unix seconds


class Files(Protocol):
    """Files below one root; paths are relative, with slashes. Every failure is an OSError. Safe to share by threads."""

    def stat(self, path: str) -> Stat | None:
        """What is there; None when nothing is."""

    def read(self, path: str, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start` on, in chunks; FileNotFoundError when nothing is there."""

    def write(self, path: str, source: bytes | Path) -> None:
        """Store bytes or a local file under a name: durably, and whole or not at all."""

    def touch(self, path: str) -> bool:
        """Make a file count as just written, cheaply; False when this store can't or the file is gone."""

    def list(self, prefix: str = "") -> Iterator[Stat]:
        """Every whole file below a folder, in no order."""

    def delete(self, path: str) -> None:
        """Remove a file; one that is gone already is no error."""


class FsspecFiles:
    """Files on any store that fsspec speaks to, such as `memory://`; a name appears by a move within the store."""

    def __init__(self, filesystem: Any, root: str) -> None:
        self._files, self._root = filesystem, root.rstrip("/")

    def stat(self, path: str) -> Stat | None:
        """What is there; None when nothing is."""
        try:
            info = self._files.info(self._full(path))
        except FileNotFoundError:
            return None
        return self._stat(info) if info["type"] == "file" else None

    def read(self, path: str, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start` on, in chunks."""
        with self._files.open(self._full(path), "rb") as file:
            file.seek(start)
            yield from chunks(file)

    def write(self, path: str, source: bytes | Path) -> None:
        """Write beside the name, then move."""
        target = self._full(path)
        partial = f"{target}.{uuid.uuid4().hex}{PARTIAL}"
        self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
        try:
            with self._files.open(partial, "wb") as file:
                copy_into(file, source)
            self._files.mv(partial, target)
        except OSError:
            with suppress(OSError):
                self._files.rm(partial)
            raise

    def touch(self, _path: str) -> bool:
        """Not every store has a time that can be set."""
        return False

    def list(self, prefix: str = "") -> Iterator[Stat]:
        """Every whole file below a folder."""
        with suppress(FileNotFoundError):
            for info in self._files.find(self._full(prefix), detail=True).values():
                if not info["name"].endswith(PARTIAL):
                    yield self._stat(info)

    def delete(self, path: str) -> None:
        """Remove a file."""
        with suppress(FileNotFoundError):
            self._files.rm_file(self._full(path))

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def _stat(self, info: dict[str, Any]) -> Stat:
        changed = info.get("mtime") or info.get("last_modified") or info.get("created") or 0.0
        modified = changed.timestamp() if isinstance(changed, datetime) else float(changed)
        return Stat(info["name"].removeprefix(f"{self._root}/"), int(info["size"]), modified)


def open_fsspec(url: str) -> FsspecFiles:
    """Files at any URL that fsspec understands; ImportError or ValueError when it does not."""
    return FsspecFiles(*fsspec.core.url_to_fs(url))


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """What is left of a file, piece by piece."""
    while chunk := file.read(CHUNK):
        yield chunk


def copy_into(file: BinaryIO, source: bytes | Path) -> None:
    """Write bytes or a local file's content into an open file."""
    if isinstance(source, bytes):
        file.write(source)
        return
    with source.open("rb") as content:
        shutil.copyfileobj(content, file, CHUNK)
