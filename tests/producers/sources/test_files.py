"""Image files as a source: bytes untouched, broken ones named, resumable anywhere."""

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import SourceError
from producers.sources.files import MAX_FILE_BYTES, FileSource
from producers.sources.listing import files_of_folder
from producers.sources.source import BrokenImage, Capture
from tests.paths import SHARED_DATA
from tests.producers.sources.pictures import CLOCK, annotate, captures, folder_of, jpeg, names


def source_of(folder: Path) -> FileSource:
    return FileSource(files_of_folder(folder), f"folder {folder}", root=folder, clock=CLOCK)


def only(path: Path, max_bytes: int = MAX_FILE_BYTES) -> Capture | BrokenImage:
    (item,) = FileSource([path], str(path), clock=CLOCK, max_bytes=max_bytes).open()
    return item


def test_a_capture_holds_the_bytes_of_the_file_and_what_is_known(tmp_path: Path) -> None:
    folder_of(tmp_path, "images/a.jpg")
    annotate(tmp_path, {"file": "images/a.jpg", "label": "good", "part_id": "p7", "product": "oven"})
    (capture,) = captures(source_of(tmp_path))
    assert capture.image == (tmp_path / "images/a.jpg").read_bytes()
    assert (capture.content_type, capture.width, capture.height) == ("image/jpeg", 32, 24)
    assert (capture.captured_at_us, capture.monotonic_ns, capture.position) == (1_700_000_000_000_000, 42, 0)
    assert (capture.part_id, capture.product) == ("p7", "oven")
    assert capture.truth is not None
    assert capture.truth.label == "good"


def test_the_suffix_does_not_decide_the_format(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(jpeg())
    item = only(tmp_path / "a.png")
    assert isinstance(item, Capture)
    assert item.content_type == "image/jpeg"


def test_a_truncated_jpeg_is_published(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg()[:-100])
    assert isinstance(only(tmp_path / "a.jpg"), Capture)


def empty(path: Path) -> None:
    path.touch()


def text(path: Path) -> None:
    path.write_text("this is a text", encoding="utf-8")


def cut_in_header(path: Path) -> None:
    path.write_bytes(jpeg()[:20])


def folder(path: Path) -> None:
    path.mkdir()


def missing(path: Path) -> None:
    assert not path.exists()


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def link_to_nothing(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere.jpg")


def named_pipe(path: Path) -> None:
    os.mkfifo(path)


BROKEN: list[tuple[Callable[[Path], None], str, bytes]] = [
    (empty, "empty", b""),
    (text, "not an image", b"this is a text"),
    (cut_in_header, "cut off", jpeg()[:20]),
    (folder, "folder", b""),
    (missing, "No such file", b""),
    (link_to_itself, "symbolic links", b""),
    (link_to_nothing, "No such file", b""),
    (named_pipe, "no regular file", b""),
]


@pytest.mark.parametrize(("make", "reason", "raw"), BROKEN)
@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes need POSIX")
def test_what_is_no_image_is_yielded_as_broken(
    make: Callable[[Path], None], reason: str, raw: bytes, tmp_path: Path
) -> None:
    make(tmp_path / "a.jpg")
    item = only(tmp_path / "a.jpg")
    assert isinstance(item, BrokenImage)
    assert reason in item.reason
    assert item.raw == raw
    assert item.origin == str(tmp_path / "a.jpg")


def test_a_file_nobody_may_read_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(tmp_path, "a.jpg")

    def denied(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    # The tests may run as root, whom no file mode stops.
    monkeypatch.setattr(Path, "open", denied)
    item = only(tmp_path / "a.jpg")
    assert isinstance(item, BrokenImage)
    assert "Permission denied" in item.reason
    assert item.size is None


def test_a_file_that_is_too_large_is_broken_and_not_read_whole(tmp_path: Path) -> None:
    data = jpeg(width=2000, height=2000) + bytes(200_000)
    (tmp_path / "a.jpg").write_bytes(data)
    item = only(tmp_path / "a.jpg", max_bytes=100_000)
    assert isinstance(item, BrokenImage)
    assert f"{len(data)} bytes" in item.reason
    assert item.size == len(data)
    assert item.raw == data[:64_000]
    largest = only(tmp_path / "a.jpg", max_bytes=len(data))
    assert isinstance(largest, Capture)
    assert largest.image == data


def test_broken_files_do_not_stop_the_others(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.jpg", "c.jpg")
    (tmp_path / "b.jpg").touch()
    items = list(source_of(tmp_path).open())
    assert [type(item) for item in items] == [Capture, BrokenImage, Capture]
    assert [item.position for item in items] == [0, 1, 2]


def test_a_file_removed_while_running_is_broken(tmp_path: Path) -> None:
    source = source_of(folder_of(tmp_path, "a.jpg", "b.jpg"))
    items = source.open()
    next(items)
    (tmp_path / "b.jpg").unlink()
    assert isinstance(next(items), BrokenImage)


@given(position=st.integers(0, 9))
def test_resuming_yields_the_same_tail(position: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("images")
    source = source_of(folder_of(folder, *(f"{number}.jpg" for number in range(7))))
    assert list(source.open(position)) == list(source.open())[position:]


def test_a_negative_position_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="-1"):
        list(source_of(folder_of(tmp_path, "a.jpg")).open(-1))


def test_close_ends_the_iteration(tmp_path: Path) -> None:
    source = source_of(folder_of(tmp_path, "a.jpg", "b.jpg", "c.jpg"))
    items = source.open()
    next(items)
    source.close()
    assert list(items) == []


def test_names_with_spaces_and_other_scripts(tmp_path: Path) -> None:
    source = source_of(folder_of(tmp_path / "Prüfung 1", "냉장고 문.jpg", "ä ö.jpg"))
    assert names(source) == ["ä ö.jpg", "냉장고 문.jpg"]


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the shared data sets are not beside the repository")
def test_a_shared_data_set_is_whole_and_true() -> None:
    source = source_of(SHARED_DATA / "screws_missing")
    found = captures(source)
    assert len(found) == source.length == 113
    assert sum(1 for capture in found if capture.truth and capture.truth.label == "good") == 28
    assert sum(len(capture.truth.boxes) for capture in found if capture.truth) == 166 + 286
    assert len({hashlib.sha256(capture.image).hexdigest() for capture in found}) == 113
