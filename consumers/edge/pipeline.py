"""The threads between arrival and verdict: fetching and decoding ahead in pools, the model in a thread of its own."""

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import cv2

from consumers.edge.fetching import Fetcher
from consumers.edge.stages import Arrived, Identity, Ready, inspect_frame, prepare
from schemas.records import Inspection

logger = logging.getLogger(__name__)

# Frames waiting for the blob store must not keep the others from being decoded, so they have threads of their own.
_FETCHERS: Final = 4
# Decoded frames that wait for the model: enough to keep it busy; each holds a tensor (600 kB for 224 x 224 fp32).
_AHEAD: Final = 4


class Pipeline:
    """Takes frames in, gives inspections out, in whatever order they are done.

    `publish` is called from the judging thread; `on_failure` from any, once the pipeline can't go on.
    """

    def __init__(
        self,
        who: Identity,
        fetcher: Fetcher,
        publish: Callable[[Arrived, Inspection | None], None],
        on_failure: Callable[[BaseException], None],
        *,
        decoders: int,
    ) -> None:
        # Threads that decode side by side need no threads of OpenCV's own: those would only take cores from the model.
        cv2.setNumThreads(1)
        self._who, self._fetcher = who, fetcher
        self._publish, self._on_failure = publish, on_failure
        self._ready: queue.Queue[Ready | None] = queue.Queue(_AHEAD)
        self._decoders = ThreadPoolExecutor(decoders, "edge-decode")
        self._fetchers = ThreadPoolExecutor(_FETCHERS, "edge-fetch")
        self._judge = threading.Thread(target=self._judge_all, name="edge-judge", daemon=True)
        self._judge.start()

    def submit(self, arrived: Arrived) -> None:
        """Take a frame; never waits."""
        if arrived.frame.claim_check is None:
            self._start(self._decoders, lambda: self._decode(arrived))
        else:
            self._start(self._fetchers, lambda: self._fetch(arrived))

    def run_aside(self, work: Callable[[], None]) -> None:
        """Run something that may wait for the blob store, beside the frames."""
        self._start(self._fetchers, work)

    def close(self) -> None:
        """Stop the threads; frames that are not judged yet are left out."""
        self._fetchers.shutdown(wait=True, cancel_futures=True)
        self._decoders.shutdown(wait=True, cancel_futures=True)
        self._ready.put(None)
        self._judge.join()

    def _start(self, pool: ThreadPoolExecutor, work: Callable[[], None]) -> None:
        pool.submit(work).add_done_callback(self._check)

    def _check(self, future: Future[None]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            self._on_failure(error)

    def _fetch(self, arrived: Arrived) -> None:
        check = arrived.frame.claim_check
        fetched = None if check is None else self._fetcher.fetch(check, lambda: arrived.assignment.held)
        if fetched is None:
            self._publish(arrived, None)
            return
        self._start(
            self._decoders,
            lambda: self._ready.put(prepare(arrived, fetched.data, fetched.fetch_us, fetched.problem)),
        )

    def _decode(self, arrived: Arrived) -> None:
        self._ready.put(prepare(arrived, arrived.frame.image))

    def _judge_all(self) -> None:
        try:
            while (ready := self._ready.get()) is not None:
                held = ready.arrived.assignment.held
                self._publish(ready.arrived, inspect_frame(ready, self._who) if held else None)
        except Exception as error:
            logger.exception("the judging thread failed")
            self._on_failure(error)
            # Decoders that wait for room must come to their end.
            while self._ready.get() is not None:
                continue
