"""Files in a local folder, or one that a plant's file server shares."""

import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from infra.blobs.files import PARTIAL, Stat, chunks, copy_into

_CAN_SYNC_FOLDERS: Final = os.name != "nt"  # Windows opens no folder as a file, and needs no sync of one


class FolderFiles:
    """Files below a folder. What was written outlives a power cut: file and folder are flushed to the disk."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def stat(self, path: str) -> Stat | None:
        """What is there; None when nothing is."""
        try:
            found = (self.root / path).stat()
        except FileNotFoundError:
            return None
        return Stat(path, found.st_size, found.st_mtime)

    def read(self, path: str, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start` on, in chunks."""
        with (self.root / path).open("rb") as file:
            file.seek(start)
            yield from chunks(file)

    def write(self, path: str, source: bytes | Path) -> None:
        """Write beside the name, flush, then rename."""
        target = self.root / path
        partial = target.with_name(f"{target.name}.{uuid.uuid4().hex}{PARTIAL}")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as file:
                copy_into(file, source)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        except OSError:
            with suppress(OSError):
                partial.unlink()
            raise
        _sync_folder(target.parent)

    def touch(self, path: str) -> bool:
        """Set the time of a file to now."""
        try:
            os.utime(self.root / path)
        except FileNotFoundError:
            return False
        return True

    def list(self, prefix: str = "") -> Iterator[Stat]:
        """Every whole file below a folder."""
        with suppress(FileNotFoundError), os.scandir(self.root / prefix) as entries:
            for entry in entries:
                path = f"{prefix}/{entry.name}" if prefix else entry.name
                if entry.is_dir(follow_symlinks=False):
                    yield from self.list(path)
                elif not entry.name.endswith(PARTIAL) and (stat := self.stat(path)) is not None:
                    yield stat

    def delete(self, path: str) -> None:
        """Remove a file."""
        (self.root / path).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if _CAN_SYNC_FOLDERS:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
