"""A lock between processes that the operating system frees when its holder dies."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from infra.broker.errors import BrokerError, DirectoryBusyError

__all__ = ["exclusive"]


@contextmanager
def exclusive(path: Path, *, timeout_s: float, doing: str) -> Iterator[None]:
    """Hold the lock at `path` (made if missing), waiting up to `timeout_s` seconds for its holder.

    SQLite's own file lock is used because it works alike on Linux and Windows and leaves nothing stale behind.

    Raises:
        DirectoryBusyError: another process kept the lock for the whole time; `doing` says what we wanted.
        BrokerError: the lock can't be made there.
    """
    with closing(_opened(path, timeout_s, doing)) as connection:
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


def _opened(path: Path, timeout_s: float, doing: str) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return sqlite3.connect(path, timeout=timeout_s, isolation_level=None)
    except (OSError, sqlite3.OperationalError) as error:
        raise BrokerError(
            f"{doing}: {path} can't be made ({error}): give a folder that you may write to (LINEWATCH_CACHE_DIR, --dir)"
        ) from error
