"""What every long-running process does at its start: log, and stop when told to."""

import logging
import signal
import sys
import threading
from types import FrameType

from infra.settings import Settings


def setup_logging(settings: Settings, name: str) -> logging.Logger:
    """Log to standard error, one line an event, and return the process's logger."""
    logging.basicConfig(
        level=settings.log_level,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        force=True,
    )
    return logging.getLogger(name)


def stop_event() -> threading.Event:
    """An event that SIGINT and SIGTERM set; a second signal ends the process at once. Call from the main thread."""
    stopped = threading.Event()

    def stop(number: int, _frame: FrameType | None) -> None:
        if stopped.is_set():
            raise SystemExit(128 + number)
        stopped.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopped
