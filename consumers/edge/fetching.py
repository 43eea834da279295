"""Brings claim-checked images: an outage of the blob store is waited out, a blob that is not there is not."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from infra.blobs import BlobCorruptError, BlobError, BlobMissingError, BlobStore
from schemas.records import ClaimCheck

logger = logging.getLogger(__name__)

_FIRST_WAIT: Final = 0.1
_LONGEST_WAIT: Final = 5.0
# A store that is just being mounted, or is eventually consistent, deserves a second look before a verdict `error`.
_TRIES_WHEN_MISSING: Final = 3


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes, or the problem that no waiting mends; and how long it took, microseconds."""

    data: bytes | None
    problem: str | None
    fetch_us: int


class Fetcher:
    """Fetches blobs for the pipeline; safe across threads."""

    def __init__(self, blobs: BlobStore, stop: threading.Event, on_retry: Callable[[], None]) -> None:
        self._blobs, self._stop, self._on_retry = blobs, stop, on_retry
        self._trouble: dict[int, str] = {}

    @property
    def trouble(self) -> str | None:
        """Why frames are waiting for their bytes right now; None when none is."""
        return next(iter(tuple(self._trouble.values())), None)

    def fetch(self, check: ClaimCheck, wanted: Callable[[], bool]) -> Fetched | None:
        """The bytes of a claim check, however long that takes; None once they are not `wanted` or the edge stops."""
        started, wait, missing = time.perf_counter_ns(), _FIRST_WAIT, 0
        try:
            while wanted():
                try:
                    return Fetched(self._blobs.get(check), None, _us_since(started))
                except (BlobMissingError, BlobCorruptError) as error:
                    missing += 1
                    if missing >= _TRIES_WHEN_MISSING:
                        return Fetched(None, str(error), _us_since(started))
                    self._note(error)
                except BlobError as error:
                    self._note(error)
                if self._stop.wait(wait):
                    return None
                wait = min(wait * 2, _LONGEST_WAIT)
            return None
        finally:
            self._trouble.pop(threading.get_ident(), None)

    def _note(self, error: BlobError) -> None:
        self._on_retry()
        self._trouble[threading.get_ident()] = str(error)
        logger.warning("an image can't be fetched yet, trying again: %s", error)


def _us_since(started_ns: int) -> int:
    return (time.perf_counter_ns() - started_ns) // 1000
