"""How a training run says where it is: a stream of `Progress` to whoever listens (a bar, a log, later a topic)."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

import msgspec

Stage = Literal["prepare", "features", "head", "fine-tune", "search", "export", "check", "done"]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """One report. `step` of `steps` within the stage; rates and times are None until they are known.

    `images_per_second` counts training images, `seconds_left` is for this stage.
    """

    stage: Stage
    step: int = 0
    steps: int = 0
    epoch: int | None = None
    epochs: int | None = None
    loss: float | None = None
    metrics: dict[str, float] = {}
    images_per_second: float | None = None
    seconds_left: float | None = None
    message: str = ""


class Listener(Protocol):
    """Receives progress, on the thread that trains; it should be quick and must not raise."""

    def __call__(self, progress: Progress, /) -> None:
        """Take one report."""


def silent(progress: Progress) -> None:
    """A listener that listens to nothing."""
    del progress


@dataclass(slots=True)
class StageClock:
    """Turns counts of images into images per second and seconds left; `now` is injected for tests."""

    total: int
    now: Callable[[], float] = time.monotonic
    done: int = 0
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        """Start counting."""
        self._started = self.now()

    def add(self, images: int) -> tuple[float | None, float | None]:
        """Count `images` more; returns (images per second, seconds left), None while no time has passed."""
        self.done += images
        elapsed = self.now() - self._started
        if elapsed <= 0 or not self.done:
            return None, None
        rate = self.done / elapsed
        return rate, max(self.total - self.done, 0) / rate
