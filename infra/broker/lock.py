"""A lock between processes that the operating system frees when its holder dies."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from infra.broker.errors import DirectoryBusyError

__all__ = ["exclusive"]


@contextmanager
def exclusive(path: Path, *, timeout_s: float, doing: str) -> Iterator[None]:
    """Hold the lock at `path` (made if missing), waiting up to `timeout_s` seconds for its holder.

    SQLite's own file lock is used because it works alike on Linux and Windows and leaves nothing stale behind.

    Raises:
        DirectoryBusyError: another process kept the lock for the whole time; `doing` says what we wanted.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=timeout_s, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise DirectoryBusyError(
                f"{doing}: another process holds {path} for more than {timeout_s:g} s ({error}); "
                "wait for it to finish, or end it, and try again"
            ) from error
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
