"""Webcams and RTSP cameras, through OpenCV."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from producers.sources.live import Camera

if TYPE_CHECKING:
    import cv2
    from cv2.typing import MatLike

# A camera on the same site answers in milliseconds; one that is silent this long is gone.
TIMEOUT_MS: Final = 5_000


class OpenCvCamera:
    """A VideoCapture as a `Camera`."""

    def __init__(self, capture: "cv2.VideoCapture") -> None:
        self._capture = capture

    def grab(self) -> bool:
        return self._capture.grab()

    def retrieve(self) -> "MatLike | None":
        decoded, frame = self._capture.retrieve()
        return frame if decoded else None

    def release(self) -> None:
        self._capture.release()


def rtsp_camera(address: str, *, timeout_ms: int = TIMEOUT_MS) -> Callable[[], Camera | None]:
    """Return what connects to the RTSP camera at `address`; connecting and each read give up after `timeout_ms`."""

    def connect() -> Camera | None:
        import cv2

        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, timeout_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, timeout_ms]
        return _opened(cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits))

    return connect


def webcam(index: int) -> Callable[[], Camera | None]:
    """Return what connects to the machine's webcam number `index`, counted from 0."""

    def connect() -> Camera | None:
        import cv2

        return _opened(cv2.VideoCapture(index))

    return connect


def _opened(capture: "cv2.VideoCapture") -> Camera | None:
    if capture.isOpened():
        return OpenCvCamera(capture)
    capture.release()
    return None


# To the last @: passwords hold slashes and @ that nobody escaped.
_USER_INFO: Final = re.compile(r"(?<=://).*@", re.DOTALL)
# Many cameras take the password in the path or query: rtsp://host/user=admin&password=secret, ...?pwd=secret.
_NAMED_SECRET: Final = re.compile(
    r"((?:user|usr|username|login|pass|passwd|password|pwd|psw|token|auth|key|secret)=)[^/?&;#]*", re.IGNORECASE
)


def masked(address: str) -> str:
    """Return `address` with user names, passwords and tokens replaced by `***`, fit to be printed and published."""
    return _NAMED_SECRET.sub(r"\1***", _USER_INFO.sub("***@", address))
