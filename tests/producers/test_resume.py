"""Where a replayable source goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from producers.captured import Captured, Notice
from producers.resume import Resumption
from producers.sources.files import FileSource
from producers.sources.looping import LoopedSource
from producers.sources.source import BrokenImage, Capture, Source
from producers.spool import Spool
from tests.producers.gateway_fakes import captured, open_spool

PGM = b"P5 1 1 255\n"


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = open_spool(tmp_path / "spool")
    yield opened
    opened.close()


def files(folder: Path, *names: str) -> FileSource:
    for name in names:
        if not (folder / name).exists():
            (folder / name).write_bytes(PGM + name[:1].encode())
    return FileSource([folder / name for name in names], "files")


def take(resumption: Resumption, spool: Spool, limit: int = 100) -> list[str]:
    """Capture as a gateway does; returns the names taken."""
    names = []
    for item in resumption.source.open(resumption.start):
        names.append(Path(item.origin).name)
        if isinstance(item, Capture):
            frame = captured(item.image)
            spool.append(
                Captured(frame.image, frame.sha256, frame.facts, item.origin, resumption.after(item)), droppable=False
            )
        else:
            spool.append_notice(_notice(item), resumption.after_broken(item))
        if len(names) == limit:
            break
    spool.flush()
    return names


def _notice(item: BrokenImage) -> Notice:
    return Notice(at_us=1, kind="BrokenImage", message=item.reason, origin=item.origin, raw=item.raw)


def test_files_are_taken_once_wherever_they_stand(spool: Spool, tmp_path: Path) -> None:
    assert take(Resumption(files(tmp_path, "b", "d"), spool, "s"), spool) == ["b", "d"]
    again = Resumption(files(tmp_path, "a", "b", "c", "d"), spool, "s")
    assert take(again, spool) == ["a", "c"]
    assert again.skipped == 2


def test_a_file_with_other_bytes_is_another_image(spool: Spool, tmp_path: Path) -> None:
    take(Resumption(files(tmp_path, "a"), spool, "s"), spool)
    (tmp_path / "a").write_bytes(PGM + b"!")
    assert take(Resumption(files(tmp_path, "a"), spool, "s"), spool) == ["a"]
    assert take(Resumption(files(tmp_path, "a"), spool, "s"), spool) == []


def test_a_broken_file_is_told_once(spool: Spool, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"broken")
    assert take(Resumption(files(tmp_path, "x"), spool, "s"), spool) == ["x"]
    assert take(Resumption(files(tmp_path, "x"), spool, "s"), spool) == []


def test_an_interrupted_folder_goes_on(spool: Spool, tmp_path: Path) -> None:
    assert take(Resumption(files(tmp_path, "a", "b", "c"), spool, "s"), spool, limit=2) == ["a", "b"]
    assert take(Resumption(files(tmp_path, "a", "b", "c"), spool, "s"), spool) == ["c"]


def test_a_relative_path_is_the_same_file(spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take(Resumption(files(tmp_path, "a"), spool, "s"), spool)
    monkeypatch.chdir(tmp_path)
    assert take(Resumption(FileSource([Path("a")], "files"), spool, "t"), spool) == []


def test_other_sources_go_on_by_position(spool: Spool, tmp_path: Path) -> None:
    def looped() -> Source:
        return LoopedSource(files(tmp_path, "a", "b", "c"))

    assert take(Resumption(looped(), spool, "s"), spool, limit=4) == ["a", "b", "c", "a"]
    assert take(Resumption(looped(), spool, "s"), spool, limit=3) == ["b", "c", "a"]
    assert take(Resumption(looped(), spool, "another"), spool, limit=1) == ["a"]
