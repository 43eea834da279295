"""One run of the pipeline on Kafka: joins the edge's group, inspects, publishes, commits; ends whole or not at all.

A failure anywhere ends the session without a commit, and the next one starts at the committed offsets: what was
published and not committed is inspected again, and readers of `inspections` drop the repeats by sequence.
"""

import logging
import threading
import time
from functools import partial
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from consumers.edge.errors import SessionFailedError
from consumers.edge.fetching import Fetcher
from consumers.edge.ledger import Assignment, Ledger
from consumers.edge.marks import decode_marks, encode_marks
from consumers.edge.metrics import EdgeMetrics
from consumers.edge.pipeline import Pipeline
from consumers.edge.progress import Position
from consumers.edge.publisher import Publisher
from consumers.edge.receiving import Received, receive, trace_of_message
from consumers.edge.slot import LineUp, Slots
from consumers.edge.stages import Arrived, Identity
from consumers.edge.tally import Tally
from consumers.edge.window import InFlightWindow
from infra.blobs import BlobError, BlobStore
from infra.dead_letters import dead_message
from infra.kafka import ANSWER_TIMEOUT, make_consumer, make_producer
from infra.settings import Settings
from schemas.codec import Codec
from schemas.topics import FRAMES

logger = logging.getLogger(__name__)

WINDOW_RECORDS: Final = 32
"""Frames in flight: hides decoding and acknowledgements behind the model; a rebalance waits for no more than these."""
WINDOW_BYTES: Final = 64 * 2**20
_POLL: Final = 0.2  # seconds; a message wakes the poll at once, this bounds how late a commit is
_COMMIT_EVERY: Final = 0.25  # seconds: what a `kill -9` makes the successor inspect again
_MEASURE_EVERY: Final = 1.0  # seconds
_DRAIN: Final = 10.0  # seconds a rebalance waits for frames in flight
_FLUSH: Final = 5.0  # seconds the end of a session waits for acknowledgements
_CONSUMER: Final[dict[str, str | float | bool]] = {
    # A partition that nobody takes away goes on while the group settles.
    "partition_assignment_strategy": "cooperative-sticky",
    "heartbeat_interval_ms": 1_000,
    "fetch_wait_max_ms": 100,
    # Prefetch is bounded in bytes, and looked after often: at the default of 1 s large frames would run dry.
    "queued_max_messages_kbytes": 16_384,
    "fetch_message_max_bytes": 4 * 2**20,
    "fetch_max_bytes": 16 * 2**20,
    "fetch_queue_backoff_ms": 20,
}
_PRODUCER: Final[dict[str, str | float | bool]] = {
    "linger_ms": 0,
    # A broker that is away for hours costs time, not results: the window keeps memory bounded meanwhile.
    "delivery_timeout_ms": 0,
}


class Session:
    """A run of the pipeline. Use: `run` once, from one thread."""

    def __init__(
        self,
        settings: Settings,
        who: Identity,
        slots: Slots,
        codec: Codec,
        blobs: BlobStore,
        metrics: EdgeMetrics,
        tally: Tally,
        *,
        decoders: int,
    ) -> None:
        self._who, self._slots, self._codec, self._blobs = who, slots, codec, blobs
        self._metrics = metrics
        self._topic = FRAMES.of(who.edge_id)
        self._ledger = Ledger()
        self._window = InFlightWindow(records=WINDOW_RECORDS, size=WINDOW_BYTES)
        self._ending = threading.Event()
        self._failure: str | None = None
        self._fetcher = Fetcher(blobs, self._ending, metrics.fetch_retries.labels(who.edge_id).inc)
        producer = make_producer(settings, **_PRODUCER)
        self._publisher = Publisher(producer, codec, self._ledger, self._window, metrics, tally, self._fail)
        self._pipeline = Pipeline(who, self._fetcher, self._publisher.publish, self._fail, decoders=decoders)
        self._consumer = make_consumer(settings, group_of(who.edge_id), self._on_commit, **_CONSUMER)
        self._paused = False
        self._next_commit = self._next_measure = 0.0
        self._at: dict[int, int] = {}

    @property
    def cameras(self) -> list[str]:
        """Cameras of the partitions this process holds, sorted."""
        return sorted({camera for held in self._ledger.assignments for camera in held.marks.cameras})

    @property
    def trouble(self) -> str | None:
        """What keeps frames waiting right now; None when nothing does."""
        waiting = self._fetcher.trouble
        return None if waiting is None else f"images wait for the blob store: {waiting}"

    def run(self, stop: threading.Event) -> None:
        """Inspect until `stop` is set or no model is active; SessionFailedError when something else ends it."""
        try:
            self._consumer.subscribe(
                [self._topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
            )
            while not stop.is_set() and self._failure is None and (line_up := self._slots.line_up()) is not None:
                self._step(line_up)
        except KafkaException as error:
            self._fail(error)
        finally:
            self._close()
        if self._failure is not None:
            raise SessionFailedError(self._failure)

    def _step(self, line_up: LineUp) -> None:
        self._commit_when_due()
        self._measure_when_due()
        room = self._window.wait_for_room(_POLL)
        self._pause(not room)
        message = self._consumer.poll(_POLL if room else 0)
        if message is not None and self._is_record(message):
            self._take(message, line_up)

    def _is_record(self, message: Message) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.code() in {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._MAX_POLL_EXCEEDED}:
            logger.warning("Kafka: %s", error.str())
            return False
        raise KafkaException(error)

    def _pause(self, wanted: bool) -> None:
        """Stop fetching while the window is full, so that polling goes on and a rebalance is not held up."""
        if wanted != self._paused:
            (self._consumer.pause if wanted else self._consumer.resume)(self._consumer.assignment())
            self._paused = wanted

    def _take(self, message: Message, line_up: LineUp) -> None:
        partition, offset = message.partition() or 0, message.offset() or 0
        assignment = self._ledger.find(partition)
        if assignment is None:
            return
        received_us, received_ns = time.time_ns() // 1000, time.perf_counter_ns()
        self._at[partition] = offset + 1
        received = receive(message.value(), self._codec, self._who.edge_id, assignment.marks)
        camera = None if received.frame is None else received.frame.camera_id
        self._ledger.start(assignment, offset, camera, received.mark)
        if received.frame is None:
            self._set_aside(message, assignment, offset, received)
            return
        self._metrics.gaps.labels(self._who.edge_id).inc(received.missing)
        arrived = Arrived(
            frame=received.frame,
            assignment=assignment,
            offset=offset,
            topic=self._topic,
            traceparent=trace_of_message(message),
            received_us=received_us,
            received_ns=received_ns,
            line_up=self._slots.line_up() or line_up,
        )
        self._publisher.expect(arrived)
        self._pipeline.submit(arrived)

    def _set_aside(self, message: Message, assignment: Assignment, offset: int, received: Received) -> None:
        if received.error is None:
            self._metrics.duplicates.labels(self._who.edge_id).inc()
            self._ledger.finish(assignment, offset)
            return
        logger.warning("dead letter: %s[%d]@%d: %s", self._topic, assignment.partition, offset, received.error)
        self._metrics.dead_letters.labels(self._who.edge_id).inc()
        self._publisher.expect_letter(len(message.value() or b""))
        self._pipeline.run_aside(partial(self._write_letter, message, assignment, offset, received.error))

    def _write_letter(self, message: Message, assignment: Assignment, offset: int, error: Exception) -> None:
        wait, size = 0.1, len(message.value() or b"")
        while assignment.held:
            try:
                reader = f"edge {self._who.edge_id}"
                letter = dead_message(reader, error, message, at_us=time.time_ns() // 1000, blobs=self._blobs)
                self._publisher.publish_letter(assignment, offset, letter, size)
            except BlobError as trouble:
                logger.warning("a dead letter waits for the blob store: %s", trouble)
                if self._ending.wait(wait):
                    break
                wait = min(wait * 2, 5.0)
            else:
                return
        self._publisher.give_up_letter(size)

    def _fail(self, error: BaseException | str) -> None:
        if self._failure is None:
            self._failure = str(error) or type(error).__name__
        self._ending.set()

    # -- commits

    def _commit_when_due(self) -> None:
        if time.monotonic() >= self._next_commit:
            self._next_commit = time.monotonic() + _COMMIT_EVERY
            positions = self._ledger.uncommitted()
            if positions:
                self._note(positions)
                self._consumer.commit(offsets=self._offsets(positions), asynchronous=True)

    def _commit_now(self, partitions: list[int]) -> None:
        positions = self._ledger.uncommitted(partitions)
        if positions:
            try:
                self._consumer.commit(offsets=self._offsets(positions), asynchronous=False)
            except KafkaException as error:
                logger.warning("last commit failed, its frames will be inspected again: %s", error.args[0].str())

    def _offsets(self, positions: dict[int, Position]) -> list[TopicPartition]:
        return [
            TopicPartition(self._topic, partition, position.offset, encode_marks(position.marks))
            for partition, position in positions.items()
        ]

    def _note(self, positions: dict[int, Position]) -> None:
        for partition, position in positions.items():
            self._ledger.note_commit(partition, position.offset)

    def _on_commit(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        for one in partitions:
            if error is not None or one.error is not None:
                logger.warning("commit of %s[%d] failed: %s", one.topic, one.partition, one.error or error)
                self._ledger.note_commit(one.partition, None)

    # -- the group gives and takes

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        starts = []
        for one in consumer.committed(partitions, timeout=ANSWER_TIMEOUT):
            if one.error is not None:
                raise KafkaException(one.error)
            self._ledger.assign(one.partition, decode_marks(one.metadata), one.offset if one.offset >= 0 else None)
            starts.append(TopicPartition(one.topic, one.partition, one.offset))
            self._at[one.partition] = max(one.offset, 0)
        consumer.incremental_assign(starts)
        # librdkafka keeps a partition paused over its loss and return, and after an outage nothing would resume it.
        consumer.resume(starts)
        self._paused = False
        logger.info("partitions %s are ours now", [one.partition for one in starts])

    def _on_revoke(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        numbers = [one.partition for one in partitions]
        if self._failure is None:
            if not self._ledger.drain(numbers, _DRAIN):
                logger.warning("partitions %s go with frames in flight: their next owner inspects them", numbers)
            self._commit_now(numbers)
        self._let_go(numbers)

    def _on_lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        logger.warning(
            "lost partitions %s: the group did not hear of this process in time", [one.partition for one in partitions]
        )
        self._let_go([one.partition for one in partitions])

    def _let_go(self, partitions: list[int]) -> None:
        self._publisher.drop(self._ledger.revoke(partitions))
        for partition in partitions:
            self._at.pop(partition, None)
        logger.info("partitions %s are no longer ours", partitions)

    def _close(self) -> None:
        """Drain and commit by the revocation that leaving the group brings; after a failure, drop everything."""
        if self._failure is not None:
            self._publisher.drop(self._ledger.revoke([held.partition for held in self._ledger.assignments]))
        self._consumer.close()
        self._ending.set()
        self._publisher.drop(self._ledger.revoke([held.partition for held in self._ledger.assignments]))
        self._pipeline.close()
        self._publisher.close(_FLUSH if self._failure is None else 0.0)

    # -- figures

    def _measure_when_due(self) -> None:
        if time.monotonic() >= self._next_measure:
            self._next_measure = time.monotonic() + _MEASURE_EVERY
            self._metrics.lag.labels(self._who.edge_id).set(sum(self._lag(p, at) for p, at in self._at.items()))
            self._metrics.in_flight.labels(self._who.edge_id).set(self._window.records)

    def _lag(self, partition: int, at: int) -> int:
        # From the last fetch, without asking the broker.
        _, high = self._consumer.get_watermark_offsets(TopicPartition(self._topic, partition), cached=True)
        return max(int(high) - at, 0)


def group_of(edge_id: str) -> str:
    """The consumer group of an edge: its processes share its partitions."""
    return f"linewatch.edge.{edge_id}"
