"""Cameras that can't be read again: connecting, losing and finding them, and never falling behind in silence."""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Condition, Event
from typing import TYPE_CHECKING, Final, Literal, Protocol

from producers.errors import SourceError
from producers.sources.pacing import Schedule
from producers.sources.source import SYSTEM_CLOCK, BrokenImage, Capture, Clock
from producers.sources.video import encoded_capture

if TYPE_CHECKING:
    from cv2.typing import MatLike

_log = logging.getLogger(__name__)

CameraState = Literal["connected", "lost"]
OnState = Callable[[CameraState, int], None]
OnDrop = Callable[[int], None]

# Seconds between attempts: quick at first, since most losses are a cable or a reboot, then easy on the network. No
# jitter: one camera has one gateway, so there is no herd to spread.
BACKOFF_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
# Captures held while the reader is busy. A gateway writes each to its spool in milliseconds; more would only age.
_HANDOFF_CAPTURES: Final = 32


class Camera(Protocol):
    """A connected camera, as OpenCV's VideoCapture offers it."""

    def grab(self) -> bool:
        """Wait for the next frame; False when the camera is lost or its read timeout has passed."""
        ...

    def retrieve(self) -> "MatLike | None":
        """Decode the grabbed frame (height x width x 3, BGR, uint8); None when it can't be."""
        ...

    def release(self) -> None:
        """Let go of the camera."""
        ...


class Handoff:
    """A bounded queue between the camera's thread and the reader; when full, the oldest capture is dropped."""

    def __init__(self, capacity: int, on_drop: OnDrop) -> None:
        self._captures: deque[Capture] = deque()
        self._capacity = capacity
        self._on_drop = on_drop
        self._changed = Condition()
        self._finished = False

    def put(self, capture: Capture) -> None:
        """Add a capture; never waits."""
        with self._changed:
            full = len(self._captures) >= self._capacity
            if full:
                self._captures.popleft()
            self._captures.append(capture)
            self._changed.notify()
        if full:
            self._on_drop(1)

    def finish(self) -> None:
        """No more captures will come; those waiting are still yielded."""
        with self._changed:
            self._finished = True
            self._changed.notify()

    def __iter__(self) -> Iterator[Capture]:
        while (capture := self._take()) is not None:
            yield capture

    def _take(self) -> Capture | None:
        with self._changed:
            self._changed.wait_for(lambda: self._captures or self._finished)
            return self._captures.popleft() if self._captures else None


def backoff_s(attempts: int) -> float:
    """Seconds to wait before connecting again, after `attempts` failed ones since the camera was last seen."""
    return BACKOFF_S[min(attempts, len(BACKOFF_S) - 1)]


def log_drop(dropped: int) -> None:
    """Say that so many captures were dropped."""
    _log.warning("%d captures dropped: the reader is slower than the camera; lower --fps", dropped)


class LiveSource:
    """A camera read by a thread of its own, so that capture times are true and a slow reader sees fresh images.

    `on_state` hears ("connected", attempts it took) at the first frame of a connection, ("lost", 0) when that one ends
    and ("lost", failed attempts so far) at each failure; `on_drop` hears how many captures were dropped. Both are
    called from the camera's thread.
    """

    replayable = False

    def __init__(
        self,
        connect: Callable[[], Camera | None],
        description: str,
        *,
        fps: float | None = None,
        on_state: OnState | None = None,
        on_drop: OnDrop = log_drop,
        clock: Clock = SYSTEM_CLOCK,
        wait: Callable[[Event, float], bool] = Event.wait,
    ) -> None:
        if fps is not None:
            Schedule(fps)  # a rate that is none is refused here, not in the thread
        self._connect = connect
        self.description = description
        self._fps = fps
        self._on_state = on_state
        self._on_drop = on_drop
        self._clock = clock
        self._wait = wait
        self._closed = Event()

    def open(self, position: int = 0) -> Iterator[Capture | BrokenImage]:
        """Yield captures until `close()`; a lost camera is looked for again for ever. `position` must be 0.

        At most `fps` captures a second: frames in between are passed over, not held back.
        """
        if position != 0:
            raise SourceError(f"{self.description} is live: it can't go back to position {position}, only start at 0")
        handoff = Handoff(_HANDOFF_CAPTURES, self._on_drop)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="camera") as threads:
            reading = threads.submit(self._read, handoff)
            try:
                yield from handoff
            finally:
                self.close()
            reading.result()

    def close(self) -> None:
        """End the iteration; takes effect at the camera's next frame or when its timeout has passed."""
        self._closed.set()

    def _read(self, handoff: Handoff) -> None:
        try:
            attempts = 0
            while not self._closed.is_set():
                attempts = 0 if self._watch(handoff, attempts + 1) else attempts + 1
                if not self._closed.is_set():
                    self._tell("lost", attempts)
                    self._wait(self._closed, backoff_s(attempts))
        finally:
            handoff.finish()

    def _watch(self, handoff: Handoff, attempt: int) -> bool:
        """Read one connection to its end; returns whether it gave any frame."""
        camera = self._connect()
        if camera is None:
            return False
        schedule = Schedule(self._fps) if self._fps is not None else None
        seen = False
        try:
            while not self._closed.is_set() and camera.grab():
                if not seen:
                    self._tell("connected", attempt)
                seen = True
                if not self._hand_over(camera, schedule, handoff):
                    break
        finally:
            camera.release()
        return seen

    def _hand_over(self, camera: Camera, schedule: Schedule | None, handoff: Handoff) -> bool:
        """Pass the grabbed frame on when its moment has come; False when it can't be decoded."""
        taken = self._clock.now()
        if schedule is not None:
            if schedule.delay() > 0:
                return True
            schedule.take()
        frame = camera.retrieve()
        if frame is None:
            return False
        handoff.put(encoded_capture(frame, taken, origin=self.description, position=None))
        return True

    def _tell(self, state: CameraState, attempts: int) -> None:
        level = logging.INFO if state == "connected" else logging.WARNING
        _log.log(level, "%s: %s, attempts %d", self.description, state, attempts)
        if self._on_state is not None:
            self._on_state(state, attempts)
