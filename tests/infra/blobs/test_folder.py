import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.blobs.folder import FolderFiles
from tests.paths import REPO


def test_files_are_written_read_listed_and_removed(tmp_path: Path) -> None:
    files = FolderFiles(tmp_path / "root")
    assert list(files.list()) == []
    files.write("a/b/c", b"bytes")
    files.write("d", b"")
    assert {(stat.path, stat.size) for stat in files.list()} == {("a/b/c", 5), ("d", 0)}
    assert [stat.path for stat in files.list("a")] == ["a/b/c"]
    assert b"".join(files.read("a/b/c", 3)) == b"es"
    files.delete("d")
    files.delete("d")
    assert files.stat("d") is None


def test_file_and_folder_reach_the_disk_before_write_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        synced.append(os.path.realpath(f"/proc/self/fd/{handle}"))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    FolderFiles(tmp_path).write("a", b"1")
    assert synced[0].endswith(".partial")
    assert synced[1] == str(tmp_path.resolve())


def test_touching_says_whether_it_was_there(tmp_path: Path) -> None:
    files = FolderFiles(tmp_path)
    assert files.touch("a") is False
    files.write("a", b"1")
    os.utime(tmp_path / "a", (0, 0))
    assert files.touch("a") is True
    assert time.time() - (tmp_path / "a").stat().st_mtime < 60


def test_a_writer_killed_midway_leaves_nothing_that_counts(tmp_path: Path) -> None:
    """`kill -9` at the moment when all bytes are written and the name is not: the worst one."""
    program = (
        "import os, signal, sys; from pathlib import Path; from infra.blobs.folder import FolderFiles\n"
        "os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)\n"
        "FolderFiles(Path(sys.argv[1])).write('a', b'bytes')\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=REPO, check=False)
    assert done.returncode == -9
    files = FolderFiles(tmp_path)
    assert files.stat("a") is None
    assert list(files.list()) == []
    assert len(list(tmp_path.iterdir())) == 1
