"""The few lines of a node's logs that say why it failed."""

import re
from collections.abc import Iterable
from pathlib import Path

__all__ = ["size", "telling_lines"]

_MOST_BYTES = 200_000
_TELLING = re.compile(r" (ERROR|FATAL) |Exception|^Error|^Caused by|OutOfMemory|^Unrecognized|^Invalid|^# ")
_FRAME = re.compile(r"^\s+at |^\s+\.\.\. \d+ more")


def size(log: Path) -> int:
    """Give a log's size in bytes, 0 when it is not there: where the next start's lines begin."""
    try:
        return log.stat().st_size
    except FileNotFoundError:
        return 0


def telling_lines(logs: Iterable[tuple[Path, int]], *, most: int = 6) -> str:
    """Give up to `most` lines that look like a reason, else the last lines, indented.

    `logs` are pairs of a file and the byte from which on it is of interest.
    """
    lines = [line for log, start in logs for line in _lines(log, start)]
    telling = [line for line in lines if _TELLING.search(line) and not _FRAME.match(line)]
    shown = list(dict.fromkeys(telling))[:most] or lines[-most:]
    return "\n".join(f"  {line[:300]}" for line in shown) or "  (the logs are empty)"


def _lines(log: Path, start: int) -> list[str]:
    end = size(log)
    if end < start:
        # It was rolled over since: what is there now is all new.
        start = 0
    try:
        with log.open("rb") as stream:
            stream.seek(max(start, end - _MOST_BYTES))
            return [line for line in stream.read().decode("utf-8", "replace").splitlines() if line.strip()]
    except FileNotFoundError:
        return []
