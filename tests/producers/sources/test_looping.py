"""Files again and again."""

from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import SourceError
from producers.sources.files import FileSource
from producers.sources.looping import LoopedSource
from producers.sources.source import BrokenImage, Capture
from tests.producers.sources.pictures import CLOCK, folder_of


def looped(folder: Path, count: int) -> LoopedSource:
    folder_of(folder, *(f"{number}.jpg" for number in range(count)))
    return LoopedSource(FileSource(sorted(folder.iterdir()), "images", clock=CLOCK))


def test_positions_go_on_rising(tmp_path: Path) -> None:
    items = list(islice(looped(tmp_path, 3).open(), 8))
    assert [item.position for item in items] == list(range(8))
    assert [Path(item.origin).stem for item in items] == list("01201201")


@given(position=st.integers(0, 12))
def test_resuming_yields_the_same_tail(position: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    source = looped(tmp_path_factory.mktemp("images"), 4)
    assert list(islice(source.open(position), 6)) == list(islice(source.open(), position + 6))[position:]


def test_close_ends_it(tmp_path: Path) -> None:
    source = looped(tmp_path, 2)
    items = source.open()
    next(items)
    source.close()
    assert list(items) == []


def test_nothing_cannot_be_repeated() -> None:
    with pytest.raises(SourceError, match="empty"):
        next(LoopedSource(FileSource([], "no images")).open())


def test_a_folder_that_went_away_ends_it_instead_of_flooding(tmp_path: Path) -> None:
    items = looped(tmp_path, 3).open()
    assert [type(next(items)) for _ in range(3)] == [Capture] * 3
    for path in tmp_path.iterdir():
        path.unlink()
    assert [type(next(items)) for _ in range(3)] == [BrokenImage] * 3
    with pytest.raises(SourceError, match="not one could be read"):
        next(items)
