"""Where a replayable source goes on after a restart.

Files go by what they are, absolute path and sha256: whatever was added, renamed or rewritten since is new, whatever is
still there is not published again. Everything else (videos, simulators, looped files) goes by position.
"""

import os
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256

from producers.captured import Resume
from producers.sources.files import FileSource
from producers.sources.source import BrokenImage, Capture, Source
from producers.spool import Spool


@lru_cache(maxsize=8)  # asked two or three times about each file
def path_of(origin: str) -> str:
    """The spelling of a file's path that stays the same wherever the gateway is started."""
    return os.path.abspath(origin)


class NewFiles:
    """A file source without the files that an earlier run captured."""

    replayable = True

    def __init__(self, source: FileSource, spool: Spool) -> None:
        self._source, self._spool = source, spool
        self.description = source.description
        self.skipped = 0  # files left out
        self._first_run = not spool.has_taken()

    def open(self, position: int = 0) -> Iterator[Capture | BrokenImage]:
        """Yield what is new from the file at `position` on."""
        for item in self._source.open(position):
            if self._is_known(item):
                self.skipped += 1
            else:
                yield item

    def close(self) -> None:
        """End the iteration before its next file."""
        self._source.close()

    def _is_known(self, item: Capture | BrokenImage) -> bool:
        if self._first_run:
            return False
        path = path_of(item.origin)
        if not self._spool.is_path_taken(path):
            return False
        content = item.image if isinstance(item, Capture) else item.raw
        return self._spool.is_taken(path, sha256(content).hexdigest())


class Resumption:
    """A source that goes on where the spool says, and what the spool is to remember of each capture."""

    def __init__(self, source: Source, spool: Spool, name: str) -> None:
        """`name` tells the source from others that the same camera had."""
        self._name = name
        self._new_files = NewFiles(source, spool) if isinstance(source, FileSource) else None
        by_position = source.replayable and self._new_files is None
        self.start = spool.position(name) if by_position else 0
        self.source: Source = self._new_files or source

    @property
    def skipped(self) -> int:
        """How many files were left out because an earlier run had captured them."""
        return self._new_files.skipped if self._new_files is not None else 0

    def after(self, capture: Capture) -> Resume | None:
        """What to remember once this capture is kept; None for live cameras."""
        if self._new_files is not None:
            return Resume(self._name, None, path_of(capture.origin))
        if capture.position is None:
            return None
        return Resume(self._name, capture.position, None)

    def after_broken(self, broken: BrokenImage) -> tuple[str, str] | None:
        """The file (path, sha256) that needs no second look."""
        if self._new_files is None:
            return None
        return path_of(broken.origin), sha256(broken.raw).hexdigest()
