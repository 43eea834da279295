"""Whether the operating system lets a broker open enough files."""

import sys

__all__ = ["FILES_WANTED", "open_files_limit", "open_files_warning"]

FILES_WANTED = 20_000
"""A partition keeps at least three files open (log, offset index, time index), a client's connection one."""


def open_files_limit() -> int | None:
    """Give how many files a process started by us may open; None when that is unlimited or unknown (Windows)."""
    if sys.platform == "win32":
        return None
    import resource

    # The JVM raises its own soft limit to the hard one when it starts.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == resource.RLIM_INFINITY else hard


def open_files_warning(limit: int | None) -> str | None:
    """Say what to do about a `limit` that is too low for thousands of partitions; None when it is not."""
    if limit is None or limit >= FILES_WANTED:
        return None
    return (
        f"a process may open {limit} files here, enough for about {max(0, limit - 500) // 3} partitions on a node: "
        f"raise it before you need more (ulimit -Hn {FILES_WANTED * 5}, or LimitNOFILE= of the systemd unit)"
    )
