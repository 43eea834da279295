"""Follows the demo's topics while it runs, group-less, so that it disturbs nobody."""

from collections import defaultdict
from collections.abc import Sequence

from confluent_kafka import OFFSET_BEGINNING, Message, TopicPartition

from infra.demo.contact_sheet import Tile
from infra.demo.tally import Sighting
from infra.kafka import checked_message, make_consumer, read_compacted, read_to_end
from infra.settings import Settings
from schemas.codec import Codec
from schemas.records import EdgeReported, EdgeStatistics, Frame, Inspection, LabelingTask, Truth
from schemas.topics import EDGE_REPORTED, EDGE_STATISTICS, FRAMES, INSPECTIONS, LABELING_TASKS


class Watch:
    """Frames' truths, inspections and labeling tasks of some edges, as they come in."""

    def __init__(self, settings: Settings, codec: Codec, edges: Sequence[str]) -> None:
        self._settings, self._codec = settings, codec
        self._consumer = make_consumer(settings, "linewatch.demo.watch")
        wanted = [(topic.name, topic.partitions) for topic in (INSPECTIONS, LABELING_TASKS)]
        wanted += [(FRAMES.of(edge), FRAMES.partitions) for edge in edges]
        self._consumer.assign([TopicPartition(t, p, OFFSET_BEGINNING) for t, count in wanted for p in range(count)])
        self.frames: dict[str, dict[str, Truth | None]] = {edge: {} for edge in edges}
        self.inspections: dict[str, list[Inspection]] = defaultdict(list)
        self._tasks: dict[str, LabelingTask] = {}

    def poll(self, seconds: float) -> None:
        """Take in what arrives within `seconds`."""
        for message in self._consumer.consume(500, seconds):
            if checked_message(message) is not None:
                self._take(message)

    def _take(self, message: Message) -> None:
        if message.topic() == INSPECTIONS.name:
            inspection = self._codec.decode(message.value(), Inspection)
            self.inspections[inspection.edge_id].append(inspection)
        elif message.topic() == LABELING_TASKS.name:
            task = self._codec.decode(message.value(), LabelingTask)
            self._tasks[task.task_id] = task
        else:
            frame = self._codec.decode(message.value(), Frame)
            self.frames[frame.edge_id][frame.frame_id] = frame.truth

    def inspected(self, edge_id: str) -> int:
        """Distinct frames of an edge that have an inspection."""
        return len({inspection.frame_id for inspection in self.inspections[edge_id]})

    def open_tasks(self, edge_id: str) -> list[LabelingTask]:
        """Tasks of an edge whose question stands."""
        return [task for task in self._tasks.values() if task.edge_id == edge_id and task.state != "closed"]

    def close(self) -> None:
        self._consumer.close()

    def ready_edges(self) -> set[str]:
        """Edges whose process says that it judges frames."""
        values = read_compacted(self._settings, EDGE_REPORTED.name).values()
        reports = [self._codec.decode(value, EdgeReported) for value in values]
        return {report.edge_id for report in reports if report.state in ("running", "swapped") and report.healthy}

    def statistics(self) -> list[EdgeStatistics]:
        """The latest record of every minute."""
        values = read_compacted(self._settings, EDGE_STATISTICS.name).values()
        return [self._codec.decode(value, EdgeStatistics) for value in values]

    def tile(self, sighting: Sighting) -> Tile | None:
        """The image of an inspection, fetched from where it lies; None when it is a claim check."""
        at = sighting.inspection.frame
        for message in read_to_end(self._settings, at.topic, at.partition, at.offset):
            frame = self._codec.decode(message.value(), Frame)
            return Tile(frame.image, sighting.inspection, sighting.truth) if frame.image else None
        return None
