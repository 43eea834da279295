"""Which files a folder or a glob means."""

import os
from pathlib import Path

import pytest

from producers.errors import SourceError
from producers.sources.listing import files_of_folder, files_of_glob
from tests.producers.sources.pictures import annotate, folder_of


def relative(files: list[Path], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in files]


def test_a_folder_gives_its_images_sorted_by_path(tmp_path: Path) -> None:
    folder_of(tmp_path, "b.JPG", "a/z.png", "a.tiff", "a/b/c.bmp", "Ä b.webp")
    (tmp_path / "notes.txt").write_text("no image", encoding="utf-8")
    assert relative(files_of_folder(tmp_path), tmp_path) == ["a/b/c.bmp", "a/z.png", "a.tiff", "b.JPG", "Ä b.webp"]


def test_files_named_in_annotations_belong_to_the_folder_even_when_missing(tmp_path: Path) -> None:
    folder_of(tmp_path, "images/a.jpg")
    annotate(tmp_path, {"file": "images/a.jpg", "label": "good"}, {"file": "images/gone.jpg", "label": "good"})
    assert relative(files_of_folder(tmp_path), tmp_path) == ["images/a.jpg", "images/gone.jpg"]


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no image", encoding="utf-8")
    with pytest.raises(SourceError, match=r"holds no image.*\.jpg"):
        files_of_folder(tmp_path)


def test_a_folder_with_an_image_s_name_is_a_folder(tmp_path: Path) -> None:
    folder_of(tmp_path, "parts.jpg/a.jpg")
    assert relative(files_of_folder(tmp_path), tmp_path) == ["parts.jpg/a.jpg"]


def test_links_that_go_round_end(tmp_path: Path) -> None:
    folder_of(tmp_path, "a/1.jpg")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.jpg").symlink_to(tmp_path / "self.jpg")
    assert relative(files_of_folder(tmp_path), tmp_path) == ["a/1.jpg", "self.jpg"]


def test_a_folder_linked_from_elsewhere_is_followed(tmp_path: Path) -> None:
    folder_of(tmp_path / "camera", "1.jpg")
    (tmp_path / "line").mkdir()
    (tmp_path / "line" / "today").symlink_to(tmp_path / "camera", target_is_directory=True)
    assert relative(files_of_folder(tmp_path / "line"), tmp_path) == ["line/today/1.jpg"]


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(SourceError, match="Permission denied"):
        files_of_folder(tmp_path)


def test_a_glob_gives_what_matches_whatever_its_suffix(tmp_path: Path) -> None:
    folder_of(tmp_path, "a 1.jpg", "ä2.raw", "sub/a3.jpg", "b.jpg")
    assert relative(files_of_glob(f"{tmp_path}/?*[12].*"), tmp_path) == ["a 1.jpg", "ä2.raw"]
    assert relative(files_of_glob(f"{tmp_path}/**/*.jpg"), tmp_path) == ["a 1.jpg", "b.jpg", "sub/a3.jpg"]


def test_a_glob_that_matches_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="matches no file"):
        files_of_glob(f"{tmp_path}/*.jpg")
