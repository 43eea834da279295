"""What an operator may write after --source."""

import os
from itertools import islice
from pathlib import Path

import pytest

from producers.errors import SourceError
from producers.sources import open_source
from producers.sources.files import FileSource
from producers.sources.live import LiveSource
from producers.sources.looping import LoopedSource
from producers.sources.pacing import PacedSource
from producers.sources.source import Capture
from producers.sources.synthetic import SyntheticSource
from producers.sources.video import VideoSource
from tests.producers.sources.pictures import annotate, captures, folder_of, names
from tests.producers.sources.test_video import drawn_video


def test_a_folder(tmp_path: Path) -> None:
    source = open_source(str(folder_of(tmp_path / "Bilder 1 ä", "b.jpg", "a.jpg")))
    assert isinstance(source, FileSource)
    assert source.replayable
    assert "2 files" in source.description
    assert names(source) == ["a.jpg", "b.jpg"]


def test_a_data_set_folder_and_its_images_folder_give_truth(tmp_path: Path) -> None:
    folder_of(tmp_path, "images/a.jpg")
    annotate(tmp_path, {"file": "images/a.jpg", "label": "dent"})
    for uri in (tmp_path, tmp_path / "images", tmp_path / "images" / "*.jpg", tmp_path / "images" / "a.jpg"):
        (capture,) = captures(open_source(str(uri)))
        assert capture.truth is not None, uri
        assert capture.truth.label == "dent"


def test_a_glob(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.jpg", "b.png", "c.jpg")
    assert names(open_source(f"{tmp_path}/*.jpg")) == ["a.jpg", "c.jpg"]


def test_a_path_that_is_there_is_no_glob(tmp_path: Path) -> None:
    folder_of(tmp_path / "line [1]", "a.jpg")
    assert names(open_source(str(tmp_path / "line [1]"))) == ["a.jpg"]


def test_one_image_and_one_video(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.jpg")
    assert names(open_source(str(tmp_path / "a.jpg"))) == ["a.jpg"]
    assert isinstance(open_source(str(drawn_video(tmp_path / "b.AVI"))), VideoSource)


@pytest.mark.parametrize(("uri", "shown"), [("0", "webcam 0"), ("rtsp://u:secret@cam/s", "rtsp://***@cam/s")])
def test_live_cameras(uri: str, shown: str) -> None:
    source = open_source(uri, fps=5)
    assert isinstance(source, LiveSource)
    assert source.description == shown
    assert not source.replayable


def test_a_synthetic_camera() -> None:
    source = open_source("synthetic:panel?count=2&size=64x64", camera_id="left", seed=9)
    assert isinstance(source, SyntheticSource)
    assert (source.settings.seed, source.settings.camera_id) == (9, "left")
    assert len(captures(source)) == 2


def test_the_rate_paces_what_can_be_replayed(tmp_path: Path) -> None:
    assert isinstance(open_source(str(folder_of(tmp_path, "a.jpg")), fps=5), PacedSource)


def test_files_can_be_looped(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.jpg", "b.jpg")
    source = open_source(str(tmp_path), loop=True)
    assert isinstance(source, LoopedSource)
    assert [item.position for item in islice(source.open(), 5)] == [0, 1, 2, 3, 4]


def test_a_video_can_be_looped(tmp_path: Path) -> None:
    source = open_source(str(drawn_video(tmp_path / "a.avi", frames=3)), loop=True)
    items = [item for item in islice(source.open(4), 3) if isinstance(item, Capture)]
    assert [Path(item.origin).name for item in items] == ["a.avi#1", "a.avi#2", "a.avi#0"]
    assert [item.position for item in items] == [4, 5, 6]


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("nowhere/at/all", "no file or folder.*synthetic:<part>"),
        ("", "holds no image|no file or folder"),
        ("ftp://user:secret@cam/x.jpg", r"unknown kind 'ftp'.*allowed"),
        ("synthetic:toaster", "screws, panel, gasket"),
        ("synthetic:panel?colour=red", "unknown parameter 'colour'"),
        ("/nowhere/*.jpg", "matches no file"),
        ("a" * 5000, "can't be opened|no file"),
        ("-1", "no file"),
    ],
)
def test_what_is_no_source_is_refused(uri: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match=reason) as caught:
        open_source(uri)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("uri", ["0", "synthetic:panel"])
def test_what_has_no_end_cannot_be_looped(uri: str) -> None:
    with pytest.raises(SourceError, match="loop"):
        next(open_source(uri, loop=True).open())


def test_a_path_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(tmp_path / "images", "a.jpg")
    monkeypatch.chdir(tmp_path)
    assert names(open_source("images")) == ["a.jpg"]
    assert names(open_source(os.curdir)) == ["a.jpg"]
