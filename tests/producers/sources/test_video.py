"""Video files: every frame, in order, resumable by index."""

from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from producers.errors import SourceError
from producers.sources.source import BrokenImage, Capture
from producers.sources.video import VideoSource, encoded_capture
from tests.paths import SHARED_DATA
from tests.producers.sources.pictures import CLOCK, captures, grey_of

BOTTLES = SHARED_DATA / "video" / "bottle-detection.mp4"
BOLT = SHARED_DATA / "video" / "bolt-multi-size-detection.gif"
real_videos = pytest.mark.skipif(not BOTTLES.is_file(), reason="the shared videos are not beside the repository")


def drawn_video(path: Path, frames: int = 12) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for number in range(frames):
        writer.write(np.full((48, 64, 3), 10 + 20 * number, np.uint8))
    writer.release()
    return path


def test_each_frame_is_a_jpeg_with_its_index(tmp_path: Path) -> None:
    found = captures(VideoSource(drawn_video(tmp_path / "Band 1 ö.avi"), clock=CLOCK))
    assert [capture.position for capture in found] == list(range(12))
    assert [grey_of(capture.image) for capture in found] == pytest.approx([10 + 20 * n for n in range(12)], abs=2)
    assert {(capture.content_type, capture.width, capture.height) for capture in found} == {("image/jpeg", 64, 48)}
    assert found[3].origin.endswith("Band 1 ö.avi#3")


def test_resuming_yields_the_same_tail(tmp_path: Path) -> None:
    source = VideoSource(drawn_video(tmp_path / "a.avi"), clock=CLOCK)
    assert captures(source, 5) == captures(source)[5:]
    assert captures(source, 99) == []


def test_close_ends_the_iteration(tmp_path: Path) -> None:
    source = VideoSource(drawn_video(tmp_path / "a.avi"))
    items = source.open()
    next(items)
    source.close()
    assert list(items) == []


@pytest.mark.parametrize("content", [b"", b"this is a text", b"\x00\x00\x00\x18ftypmp42" + bytes(200)])
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(SourceError, match="no video"):
        VideoSource(tmp_path / "a.mp4")


def test_a_video_that_vanished_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no video"):
        VideoSource(tmp_path / "gone.mp4")


def test_a_truncated_video_gives_what_is_there(tmp_path: Path) -> None:
    whole = drawn_video(tmp_path / "a.avi").read_bytes()
    (tmp_path / "b.avi").write_bytes(whole[: len(whole) * 3 // 4])
    assert 1 <= len(captures(VideoSource(tmp_path / "b.avi"))) < 12


@real_videos
def test_all_frames_of_the_bottles() -> None:
    source = VideoSource(BOTTLES)
    assert source.length == 1189
    first = next(source.open())
    assert isinstance(first, Capture)
    assert (first.width, first.height) == (640, 360)


@real_videos
def test_resuming_a_compressed_video_yields_the_same_images() -> None:
    source = VideoSource(BOTTLES)
    through = [item for item in islice(source.open(), 130, 140) if isinstance(item, Capture)]
    resumed = [item for item in islice(source.open(130), 10) if isinstance(item, Capture)]
    assert [item.image for item in resumed] == [item.image for item in through]
    assert [item.position for item in resumed] == list(range(130, 140))


@real_videos
def test_an_animated_gif_is_a_video() -> None:
    assert len(captures(VideoSource(BOLT))) == 37


def test_a_frame_that_cannot_be_decoded_is_told_of_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Scratched:
        """A video whose third frame is damaged."""

        def __init__(self, *_: object) -> None:
            self.index = -1

        def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
            return True

        def grab(self) -> bool:
            self.index += 1
            return self.index < 5

        def retrieve(self) -> tuple[bool, object]:
            return (False, None) if self.index == 2 else (True, np.zeros((4, 4, 3), np.uint8))

        def release(self) -> None:
            """Nothing to release."""

    monkeypatch.setattr(cv2, "VideoCapture", Scratched)
    items = list(VideoSource(tmp_path / "a.avi", clock=CLOCK).open())
    assert [item.position for item in items] == [0, 1, 2, 3, 4]
    assert [type(item) for item in items] == [Capture, Capture, BrokenImage, Capture, Capture]
    assert items[2].origin.endswith("a.avi#2")


def test_a_frame_that_is_no_image_is_refused() -> None:
    with pytest.raises((SourceError, cv2.error)):
        encoded_capture(np.zeros((0, 0, 3), np.uint8), CLOCK.now(), origin="test", position=None)
