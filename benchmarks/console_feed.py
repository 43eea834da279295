"""What 158 edges, the statistics and the labeling queue write while people use the console; see benchmarks.console."""

import threading
import time
from contextlib import closing
from typing import Any, Final

import msgspec
from confluent_kafka import TopicPartition

from benchmarks.statistics_stream import one_inspection
from infra.kafka import checked_message, key_partition, make_consumer, make_producer
from infra.settings import Settings
from schemas.codec import Codec
from schemas.records import (
    Box,
    EdgePolicy,
    EdgeReported,
    EdgeStatistics,
    FrameLocation,
    Inspection,
    Label,
    LabelingTask,
    Prediction,
    Record,
)
from schemas.records.operations import Histogram
from schemas.topics import (
    EDGE_POLICIES,
    EDGE_REPORTED,
    EDGE_STATISTICS,
    INSPECTIONS,
    LABELING_TASKS,
    LABELS,
    Topic,
)

EDGES: Final = 158
CODEC: Final = Codec()


class Feed:
    """What 158 edges, the statistics and the queue write."""

    def __init__(self, settings: Settings, images: list[str], open_tasks: int) -> None:
        self.open_tasks = open_tasks
        self._producer = make_producer(settings)
        self._images = images
        self._settings = settings
        self._inspection = one_inspection()
        self._sequence = 0
        self._stopped = threading.Event()
        self.late_s = 0.0
        self.sent = 0
        self.closed = 0

    def fill(self) -> None:
        """Policies, reports, an hour of minutes, open tasks."""
        now_us = time.time_ns() // 1000
        for number in range(EDGES):
            policy = EdgePolicy(
                edge_id=edge_name(number),
                revision=1,
                set_by="bench",
                set_at_us=now_us,
                line=f"line-{number // 12}",
                classes=["good", "scratch", "dent"],
                draw_boxes=True,
                guide={"scratch": "a thin line"},
            )
            self._send(EDGE_POLICIES, policy.edge_id, policy)
            for minute in range(60):
                self._minute(number, now_us // 60_000_000 - minute, 60)
        for number in range(self.open_tasks):
            self._task(number)
        self._producer.flush(60)

    def run(self) -> None:
        """One image a second of every edge, reports every five, minutes every ten, until stopped."""
        second = time.monotonic()
        while not self._stopped.is_set():
            self._sequence += 1
            for number in range(EDGES):
                self._inspect(number)
                if (self._sequence + number) % 5 == 0:
                    self._report(number)
                if (self._sequence + number) % 10 == 0:
                    self._minute(number, time.time_ns() // 60_000_000_000, self._sequence % 60)
                # Spread over the second, as edges are.
                self._stopped.wait(max(second + (number + 1) / EDGES - time.monotonic(), 0))
            self._producer.poll(0)
            second += 1
            self.late_s = max(self.late_s, time.monotonic() - second)
        self._producer.flush(30)

    def close_answered(self) -> None:
        """Close the task of every label as the labeling queue does, until stopped."""
        with closing(make_consumer(self._settings, "bench.queue", fetch_wait_max_ms=50)) as consumer:
            consumer.assign([TopicPartition(LABELS.name, number, 0) for number in range(LABELS.partitions)])
            while not self._stopped.is_set():
                message = checked_message(consumer.poll(0.2))
                if message is not None:
                    label: Label = CODEC.decode(message.value(), Label)
                    self._task(label.sequence or 0, closed_at_us=label.labeled_at_us)
                    self.closed += 1

    def stop(self) -> None:
        """End."""
        self._stopped.set()

    def _send(self, topic: Topic, key: str, record: Record, partition: int | None = None) -> None:
        where: dict[str, Any] = {} if partition is None else {"partition": partition}
        while True:
            try:
                self._producer.produce(topic.name, key=key, value=CODEC.encode(record), **where)
            except BufferError:
                self._producer.poll(0.5)
            else:
                return

    def _inspect(self, number: int) -> None:
        now_us = time.time_ns() // 1000
        edge_id, sha256 = edge_name(number), self._images[self._sequence % len(self._images)]
        inspection: Inspection = msgspec.structs.replace(
            self._inspection,
            edge_id=edge_id,
            camera_id=f"{edge_id}-cam",
            sequence=self._sequence,
            captured_at_us=now_us - 120_000,
            inspected_at_us=now_us,
            frame=location(edge_id, self._sequence, sha256),
            verdict="fail" if self._sequence % 20 == 0 else "pass",
            boxes=[Box(label="scratch", x=50, y=60, w=70, h=80, score=0.9)] if self._sequence % 20 == 0 else [],
        )
        self._send(INSPECTIONS, edge_id, inspection)
        self.sent += 1

    def _report(self, number: int) -> None:
        now_us = time.time_ns() // 1000
        edge_id = edge_name(number)
        said = EdgeReported(
            edge_id=edge_id,
            instance="pc-1",
            reported_at_us=now_us,
            started_at_us=now_us,
            state="running",
            healthy=True,
            software="bench",
            active=self._inspection.model,
            cameras=[f"{edge_id}-cam"],
        )
        self._send(EDGE_REPORTED, f"{edge_id}/pc-1", said)

    def _minute(self, number: int, minute: int, count: int) -> None:
        edge_id = edge_name(number)
        latency = Histogram(bounds=[0.05, 0.1, 0.2, 0.5], counts=[0, count, 0, 0, 0], sum=0.09 * count)
        counted = EdgeStatistics(
            edge_id=edge_id,
            camera_id=f"{edge_id}-cam",
            minute_us=minute * 60_000_000,
            writer="line_statistics",
            closed=False,
            inspections=count,
            verdicts={"pass": count},
            latency=latency,
            scores=latency,
            brightness=latency,
            blur=latency,
        )
        self._send(EDGE_STATISTICS, counted.key, counted)

    def _task(self, number: int, closed_at_us: int | None = None) -> None:
        edge_id = edge_name(number % EDGES)
        camera_id, sha256 = f"{edge_id}-old", self._images[number % len(self._images)]
        task = LabelingTask(
            task_id=f"{camera_id}/{number}/first",
            edge_id=edge_id,
            camera_id=camera_id,
            sequence=number,
            captured_at_us=number,
            frame=location(edge_id, number, sha256),
            state="opened" if closed_at_us is None else "closed",
            revision=1 if closed_at_us is None else 2,
            changed_at_us=number if closed_at_us is None else closed_at_us,
            close_reason=None if closed_at_us is None else "labeled",
            reason="review",
            round="first",
            priority=float(number % 17),
            prediction=Prediction(label="scratch", score=0.6),
            verdict="review",
        )
        self._send(LABELING_TASKS, task.frame_id, task, key_partition(edge_id, LABELING_TASKS.partitions))


def edge_name(number: int) -> str:
    """The id of an edge."""
    return f"edge-{number:03}"


def location(edge_id: str, offset: int, sha256: str) -> FrameLocation:
    """A frame's place: its image lies in the blob store."""
    return FrameLocation(topic=f"frames.{edge_id}", partition=0, offset=offset, sha256=sha256)
