"""How the projection stands, written by its thread and read by everybody."""

import threading
from dataclasses import dataclass, replace
from typing import Any, Literal

Standing = Literal["starting", "running", "standby", "waiting", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One moment: `standby` while another console projects, `waiting` while the broker or the database is away."""

    standing: Standing = "starting"
    detail: str = ""
    lag: int = 0  # records still to take, over all topics
    since_us: int = 0  # since when it stands so


class ProjectionState:
    """The current snapshot. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = Snapshot()

    def get(self) -> Snapshot:
        """How it stands now."""
        with self._lock:
            return self._now

    def set(self, **changes: Any) -> None:
        """Change some of it; fields as in Snapshot."""
        with self._lock:
            self._now = replace(self._now, **changes)
