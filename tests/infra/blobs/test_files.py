from pathlib import Path

import pytest

from infra.blobs.files import CHUNK, FsspecFiles, Stat, chunks, open_fsspec


@pytest.fixture
def files(unique: str) -> FsspecFiles:
    return open_fsspec(f"memory://{unique}")


def test_what_is_written_is_there_whole(files: FsspecFiles, tmp_path: Path) -> None:
    files.write("a/b", b"bytes")
    (tmp_path / "file").write_bytes(b"x" * (2 * CHUNK + 1))
    files.write("a/c", tmp_path / "file")
    assert b"".join(files.read("a/b", 2)) == b"tes"
    assert [len(piece) for piece in files.read("a/c")] == [CHUNK, CHUNK, 1]
    assert {stat.path: stat.size for stat in files.list()} == {"a/b": 5, "a/c": 2 * CHUNK + 1}
    assert [stat.path for stat in files.list("nothing")] == []


def test_a_failed_write_leaves_nothing(files: FsspecFiles, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.write("a/b", tmp_path / "gone")
    assert list(files.list()) == []
    assert files.stat("a/b") is None


def test_deleting_twice_is_no_error(files: FsspecFiles) -> None:
    files.write("a", b"1")
    stat = files.stat("a")
    assert isinstance(stat, Stat)
    assert stat.modified > 0
    files.delete("a")
    files.delete("a")
    assert files.stat("a") is None
    assert files.touch("a") is False


def test_an_empty_file_has_no_chunks(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with (tmp_path / "empty").open("rb") as file:
        assert list(chunks(file)) == []
