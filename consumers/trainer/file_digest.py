"""The SHA-256 of a file, read in pieces."""

import hashlib
from pathlib import Path
from typing import Final

_CHUNK: Final = 1024 * 1024


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex digits; OSError when it can't be read."""
    whole = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            whole.update(chunk)
    return whole.hexdigest()
