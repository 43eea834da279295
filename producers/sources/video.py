"""A video file as a source. A video holds no encoded image per frame: each frame is encoded as JPEG, quality 95."""

import logging
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final

from producers.errors import SourceError
from producers.sources.files import checked_position
from producers.sources.source import SYSTEM_CLOCK, BrokenImage, Capture, Clock, Moment

if TYPE_CHECKING:
    import cv2
    from cv2.typing import MatLike

_log = logging.getLogger(__name__)

VIDEO_SUFFIXES: Final = frozenset(
    {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".ts", ".wmv", ".mjpeg", ".mjpg", ".gif"}
)
JPEG_QUALITY: Final = 95  # visually lossless; each point more costs about a tenth more bytes


class VideoSource:
    """The frames of a video file. Replayable: the frame's index is the position.

    Resuming decodes and drops the frames before it: seeking lands on another frame in many files.
    """

    replayable = True

    def __init__(self, path: Path, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._path = path
        self._clock = clock
        self._closed = Event()
        self._length: int | None = None
        self.description = f"video file {path}"
        self._capture().release()  # says now, not at the first frame, that this is no video

    @property
    def length(self) -> int:
        """How many frames there are, by decoding it once: what the container says is often wrong."""
        if self._length is None:
            self._length = self._count()
        return self._length

    def open(self, position: int = 0) -> Iterator[Capture | BrokenImage]:
        """Yield frame after frame from `position` on. Raises SourceError when the file is no readable video."""
        checked_position(position)
        capture = self._capture()
        try:
            yield from self._frames(capture, position)
        finally:
            capture.release()

    def close(self) -> None:
        """End every iteration before its next frame."""
        self._closed.set()

    def _frames(self, capture: "cv2.VideoCapture", position: int) -> Iterator[Capture | BrokenImage]:
        index = 0
        while not self._closed.is_set() and capture.grab():
            if index >= position:
                yield self._frame(capture, index)
            index += 1
        if not self._closed.is_set():
            _log.info("%s ended after %d frames", self.description, index)

    def _frame(self, capture: "cv2.VideoCapture", index: int) -> Capture | BrokenImage:
        origin = f"{self._path}#{index}"
        decoded, frame = capture.retrieve()
        if not decoded:
            reason = f"frame {index} of the video can't be decoded"
            return BrokenImage(origin=origin, reason=reason, raw=b"", size=None, position=index)
        return encoded_capture(frame, self._clock.now(), origin=origin, position=index)

    def _capture(self) -> "cv2.VideoCapture":
        import cv2

        capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise SourceError(f"{self._path} is no video that FFmpeg can read; play it to see, or convert it to MP4")
        return capture

    def _count(self) -> int:
        capture = self._capture()
        try:
            frames = 0
            while capture.grab():
                frames += 1
            return frames
        finally:
            capture.release()


def encoded_capture(frame: "MatLike", taken: Moment, *, origin: str, position: int | None) -> Capture:
    """Return the decoded `frame` (height x width x 3, BGR, or height x width; uint8) as a JPEG capture."""
    import cv2

    done, jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise SourceError(f"{origin}: a frame of shape {frame.shape} can't be encoded as JPEG")
    return Capture(
        image=jpeg.tobytes(),
        content_type="image/jpeg",
        captured_at_us=taken.unix_us,
        monotonic_ns=taken.monotonic_ns,
        origin=origin,
        position=position,
        width=int(frame.shape[1]),
        height=int(frame.shape[0]),
    )
