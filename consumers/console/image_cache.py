"""Rendered images on disk, bounded: what is shown again is not decoded again. Deleting the folder loses nothing."""

import os
import threading
import uuid
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Final

CAP_BYTES: Final = 2**30  # about 40,000 thumbnails of 25 kB


class ImageCache:
    """Files by key below `folder`, the least recently used deleted above `cap_bytes`. Safe to share between threads.

    Keys are entity tags: letters, digits and `-`. Several processes may share a folder: each counts what it wrote or
    found at its start, and a file that another one deleted is just not there.
    """

    def __init__(self, folder: Path, cap_bytes: int = CAP_BYTES) -> None:
        self._folder, self._cap = folder, cap_bytes
        self._lock = threading.Lock()
        self._sizes: OrderedDict[str, int] = OrderedDict()
        found = [(entry.stat(), entry.name) for entry in folder.glob("??/*") if _is_whole(entry)]
        for status, name in sorted(found, key=lambda one: one[0].st_mtime_ns):
            self._sizes[name] = status.st_size
        self._total = sum(self._sizes.values())

    @property
    def total_bytes(self) -> int:
        """What lies there."""
        return self._total

    def get(self, key: str) -> bytes | None:
        """The bytes under a key, or None."""
        path = self._path(key)
        try:
            data = path.read_bytes()
            os.utime(path)  # its turn to go comes later, also after a restart
        except OSError:
            return None
        with self._lock:
            if key in self._sizes:
                self._sizes.move_to_end(key)
        return data

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key; without space on disk nothing is kept, as the next request renders again."""
        if len(data) > self._cap:
            return
        path = self._path(key)
        partial = path.with_name(f"{uuid.uuid4().hex}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(data)
            partial.replace(path)
        except OSError:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            return
        for name in self._counted(key, len(data)):
            self._path(name).unlink(missing_ok=True)

    def _counted(self, key: str, size: int) -> list[str]:
        """Count a new file; gives the names that have to go for it."""
        gone = []
        with self._lock:
            self._total += size - self._sizes.pop(key, 0)
            self._sizes[key] = size
            while self._total > self._cap:
                name, freed = self._sizes.popitem(last=False)
                self._total -= freed
                gone.append(name)
        return gone

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key


def _is_whole(entry: Path) -> bool:
    """Whether a file is a kept image; what a killed process left half written is deleted."""
    if entry.suffix == ".partial":
        entry.unlink(missing_ok=True)
        return False
    return entry.is_file()
