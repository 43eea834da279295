"""What every long-running process does at its start: log, and stop when told to."""

import logging
import signal
import sys
import threading
from types import FrameType
from typing import Final

from infra.settings import Settings

_HANDOVER_S: Final = 0.2


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
    told = False

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal told
        if told:
            raise SystemExit(128 + number)
        told = True
        # Not set here: the signal may have come while this very thread holds the event's lock (inside `wait`), and
        # would then wait for itself for ever.
        setter = threading.Thread(target=stopped.set, name="stop", daemon=True)
        setter.start()
        setter.join(_HANDOVER_S)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopped
