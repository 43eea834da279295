"""A gateway with a camera of its own making, as a process: each image says which run took it, and its number."""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from threading import Event

import msgspec

from infra.process import setup_logging, stop_event
from infra.settings import load_settings
from producers.gateway import Gateway, GatewayOptions
from producers.sources.source import BrokenImage, Capture


class FakeCamera:
    """A live camera at a fixed rate."""

    replayable = False
    description = "fake camera"

    def __init__(self, fps: float, size: int) -> None:
        self._period, self._size = 1.0 / fps, size
        self._closed = Event()

    def open(self, position: int = 0) -> Iterator[Capture | BrokenImage]:
        """Yield images until closed."""
        number = position
        while not self._closed.wait(self._period):
            image = f"{os.getpid()} {number}".encode().ljust(self._size)
            yield Capture(
                image=image,
                content_type="image/x-test",
                captured_at_us=time.time_ns() // 1000,
                monotonic_ns=time.monotonic_ns(),
                origin="fake",
            )
            number += 1

    def close(self) -> None:
        """End it."""
        self._closed.set()


def main() -> None:
    """Run until told to stop, or until the limit; print the report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--edge", required=True)
    parser.add_argument("--camera", required=True)
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--size", type=int, default=20)
    asked = parser.parse_args()
    settings = load_settings()
    setup_logging(settings, "gateway")
    options = GatewayOptions(edge_id=asked.edge, camera_id=asked.camera, source="fake", limit=asked.limit)
    gateway = Gateway(settings, options, source=FakeCamera(asked.fps, asked.size))
    sys.stdout.write(msgspec.json.encode(gateway.run(stop_event())).decode() + "\n")


if __name__ == "__main__":
    main()
