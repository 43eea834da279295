"""Publishes inspections in each camera's order, and finishes a frame when its inspection is acknowledged."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

import msgspec
from confluent_kafka import Producer

from consumers.edge.ledger import Assignment, Ledger
from consumers.edge.metrics import EdgeMetrics
from consumers.edge.ordering import OrderingBuffer
from consumers.edge.stages import Arrived
from consumers.edge.tally import Tally
from consumers.edge.window import InFlightWindow
from schemas.codec import Codec
from schemas.errors import EncodeError
from schemas.headers import event_headers, trace_of
from schemas.records import DeadLetter, Inspection
from schemas.topics import DEAD_LETTERS, INSPECTIONS

logger = logging.getLogger(__name__)

_POLL: Final = 0.2  # seconds; acknowledgements wake the thread at once, this only bounds how soon it sees the end


class Publisher:
    """The way out of the pipeline; safe across threads.

    A frame enters the window in `expect` and leaves it exactly once: acknowledged, or dropped with its partition.
    """

    def __init__(
        self,
        producer: Producer,
        codec: Codec,
        ledger: Ledger,
        window: InFlightWindow,
        metrics: EdgeMetrics,
        tally: Tally,
        on_failure: Callable[[BaseException | str], None],
    ) -> None:
        self._producer, self._codec = producer, codec
        self._ledger, self._window = ledger, window
        self._metrics, self._tally = metrics, tally
        self._on_failure = on_failure
        self._order: OrderingBuffer[tuple[Assignment, str], tuple[Arrived, Inspection]] = OrderingBuffer()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._acknowledger = threading.Thread(target=self._acknowledge, name="edge-acknowledge", daemon=True)
        self._acknowledger.start()

    def expect(self, arrived: Arrived) -> None:
        """A frame will be published, after all expected before it of its camera."""
        self._window.enter(arrived.frame.size)
        with self._lock:
            self._order.expect(arrived.line, arrived.frame.sequence)

    def publish(self, arrived: Arrived, inspection: Inspection | None) -> None:
        """Publish a frame's inspection as soon as its turn comes; None gives the frame up with its partition."""
        with self._lock:
            if inspection is None or not arrived.assignment.held:
                self._window.leave(arrived.frame.size)
                return
            for turn in self._order.complete(arrived.line, arrived.frame.sequence, (arrived, inspection)):
                self._produce(*turn)

    def expect_letter(self, size: int) -> None:
        """A dead letter of so many bytes will be published, in no particular order."""
        self._window.enter(size)

    def give_up_letter(self, size: int) -> None:
        """It will not: its partition was taken away."""
        self._window.leave(size)

    def publish_letter(self, assignment: Assignment, offset: int, letter: DeadLetter, size: int) -> None:
        """Publish a dead letter; its record is done once that is acknowledged."""
        self._producer.produce(
            DEAD_LETTERS.name,
            value=self._codec.encode(letter),
            headers=event_headers(letter, event_id=letter.event_id, source=f"/edges/{self._metrics.edge}"),
            on_delivery=partial(self._letter_delivered, assignment, offset, size),
        )

    def drop(self, assignments: Iterable[Assignment]) -> None:
        """Forget what waits for its turn in partitions that were taken away."""
        taken = set(assignments)
        with self._lock:
            for line in [line for line in self._order.lines if line[0] in taken]:
                for arrived, _ in self._order.drop(line):
                    self._window.leave(arrived.frame.size)

    def close(self, flush: float) -> None:
        """Wait at most `flush` seconds for acknowledgements, then give up what is left."""
        self._producer.flush(flush)
        self._producer.purge()
        self._closed.set()
        self._acknowledger.join()
        self._producer.flush(1.0)

    def _produce(self, arrived: Arrived, inspection: Inspection) -> None:
        self._producer.produce(
            INSPECTIONS.name,
            key=inspection.edge_id,
            value=self._encoded(inspection),
            headers=event_headers(
                inspection,
                event_id=inspection.event_id,
                source=f"/edges/{inspection.edge_id}/{inspection.instance}",
                traceparent=continued_trace(arrived.traceparent, inspection.frame_id),
            ),
            on_delivery=partial(self._delivered, arrived),
        )
        self._metrics.observe(inspection)
        self._tally.add(inspection.latency.total_us, is_error=inspection.verdict == "error", now_ns=time.monotonic_ns())

    def _encoded(self, inspection: Inspection) -> bytes:
        try:
            return self._codec.encode(inspection)
        except EncodeError as error:
            logger.exception("the inspection of %s can't be written", inspection.frame_id)
            # One frame must not stop the line for ever: it would be inspected, and fail, again and again.
            bare = msgspec.structs.replace(
                inspection,
                verdict="error",
                reason=str(error),
                score=0.0,
                scores={},
                boxes=[],
                embedding=[],
                shadow=None,
            )
            return self._codec.encode(bare)

    def _delivered(self, arrived: Arrived, error: Any, _message: Any) -> None:
        self._window.leave(arrived.frame.size)
        self._finished(arrived.assignment, arrived.offset, error)

    def _letter_delivered(self, assignment: Assignment, offset: int, size: int, error: Any, _message: Any) -> None:
        self._window.leave(size)
        self._finished(assignment, offset, error)

    def _finished(self, assignment: Assignment, offset: int, error: Any) -> None:
        if error is None:
            self._ledger.finish(assignment, offset)
        elif assignment.held:
            self._on_failure(f"a result was not taken by Kafka: {error.str()}")

    def _acknowledge(self) -> None:
        try:
            while not self._closed.is_set():
                self._producer.poll(_POLL)
        except Exception as error:
            logger.exception("the acknowledging thread ended")
            self._on_failure(error)


def continued_trace(traceparent: str | None, frame_id: str) -> str:
    """The inspection's own span in the trace of its frame (W3C Trace Context)."""
    own = trace_of(frame_id, "inspection")
    if traceparent is None:
        return own
    return "-".join(("00", traceparent.split("-")[1], own.split("-")[2], traceparent.split("-")[3]))
