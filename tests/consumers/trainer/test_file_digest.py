"""The digest of a file."""

import hashlib
from pathlib import Path

from consumers.trainer.file_digest import hash_file


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 9000)
    assert hash_file(path) == hashlib.sha256(path.read_bytes()).hexdigest()
