"""The topic catalogue: every topic spelled once, with who writes it and who reads it.

Partition counts never change: a key's partition is part of the contract. Creating, documenting and drawing topics
all read this module.
"""

from dataclasses import dataclass, field
from typing import Final

from schemas.errors import SchemasError
from schemas.identifiers import checked_identifier
from schemas.records import (
    Alarm,
    AuditEvent,
    CameraClaim,
    Dataset,
    DeadLetter,
    DesiredState,
    EdgePolicy,
    EdgeReported,
    EdgeStatistics,
    Frame,
    Inspection,
    Label,
    LabelingRequest,
    LabelingTask,
    ModelVersion,
    Record,
    Rollout,
    RolloutCommand,
    Tick,
    TrainingJob,
    TrainingProgress,
)

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
YEAR_MS: Final = 365 * DAY_MS
FOR_EVER: Final = -1
# Images up to this size travel inline: with envelope and headers they stay below a broker's stock limit of 1 MiB.
INLINE_LIMIT: Final = 900_000


class UnknownTopicError(SchemasError):
    """A name that is in no catalogue entry; `linewatch topics list` prints those that are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic, or with `<edge>` in its name one topic for each edge."""

    name: str
    partitions: int
    key: str
    record: type[Record] | None
    cleanup: str
    retention_ms: int | None
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    about: str
    config: dict[str, str] = field(default_factory=dict)

    @property
    def per_edge(self) -> bool:
        return "<edge>" in self.name

    def of(self, edge_id: str) -> str:
        """The name of this topic for one edge; InvalidIdentifierError for an unusable id."""
        return self.name.replace("<edge>", checked_identifier(edge_id, "edge"))

    def configuration(self) -> dict[str, str]:
        """Kafka's topic settings, as `topics apply` sets them."""
        retention = {} if self.retention_ms is None else {"retention.ms": str(self.retention_ms)}
        # Since Kafka 4.0 a broker refuses what is more than an hour ahead of it: a camera whose clock is wrong would
        # then be silent, and its gateway could not even claim it.
        clock = {"message.timestamp.after.max.ms": str(2**63 - 1)}
        return {"cleanup.policy": self.cleanup, **retention, **clock, **self.config}


FRAMES: Final = Topic(
    name="frames.<edge>",
    partitions=4,
    key="camera_id",
    record=Frame,
    cleanup="delete",
    retention_ms=7 * DAY_MS,
    # Bytes count for each partition: 48 GiB an edge. JPEG does not compress again: it would only cost the processor.
    config={"retention.bytes": str(12 * 2**30), "compression.type": "uncompressed", "segment.bytes": str(256 * 2**20)},
    writers=("gateway",),
    readers=("edge", "archive", "trainer"),
    about="images as captured, or claim checks",
)
CAMERAS: Final = Topic(
    name="cameras",
    partitions=1,
    key="camera_id",
    record=CameraClaim,
    cleanup="compact",
    retention_ms=None,
    # Every start of a gateway reads it whole, so it is compacted early and often.
    config={"segment.bytes": str(4 * 2**20), "segment.ms": str(HOUR_MS), "min.cleanable.dirty.ratio": "0.1"},
    writers=("gateway",),
    readers=("gateway", "console"),
    about="which gateway numbers a camera's frames, and where they continue",
)
INSPECTIONS: Final = Topic(
    name="inspections",
    partitions=12,
    key="edge_id",
    record=Inspection,
    cleanup="delete",
    retention_ms=30 * DAY_MS,
    writers=("edge",),
    readers=("labeling_queue", "line_statistics", "console", "archive"),
    about="one verdict for each frame",
)
LABELS: Final = Topic(
    name="labels",
    partitions=12,
    key="edge_id",
    record=Label,
    cleanup="delete",
    retention_ms=FOR_EVER,
    writers=("console", "cli"),
    readers=("labeling_queue", "archive", "trainer", "console"),
    about="every version of every label",
)
LABELING_REQUESTS: Final = Topic(
    name="labeling-requests",
    partitions=12,
    key="edge_id",
    record=LabelingRequest,
    cleanup="delete",
    retention_ms=YEAR_MS,
    writers=("console", "cli", "line_statistics"),
    readers=("labeling_queue", "archive"),
    about="wishes of people, alarms and policies",
)
LABELING_TASKS: Final = Topic(
    name="labeling-tasks",
    partitions=12,
    key="frame_id, in its edge's partition",
    record=LabelingTask,
    cleanup="compact",
    retention_ms=None,
    writers=("labeling_queue",),
    readers=("console", "archive"),
    about="questions to people, opened and closed",
)
DATASETS: Final = Topic(
    name="datasets",
    partitions=1,
    key="name:digest",
    record=Dataset,
    cleanup="compact",
    retention_ms=None,
    writers=("console", "cli"),
    readers=("console", "trainer"),
    about="datasets that were built, and where their manifests lie",
)
TRAINING_JOBS: Final = Topic(
    name="training-jobs",
    partitions=4,
    key="job_id",
    record=TrainingJob,
    cleanup="delete",
    retention_ms=YEAR_MS,
    writers=("console", "cli", "loop"),
    readers=("trainer",),
    about="orders to train and to stop",
)
TRAINING_PROGRESS: Final = Topic(
    name="training-progress",
    partitions=4,
    key="job_id",
    record=TrainingProgress,
    cleanup="delete",
    retention_ms=YEAR_MS,
    writers=("trainer",),
    readers=("console",),
    about="how jobs stand",
)
MODELS: Final = Topic(
    name="models",
    partitions=1,
    key="name:version",
    record=ModelVersion,
    cleanup="compact",
    retention_ms=None,
    writers=("trainer",),
    readers=("console", "model_updates"),
    about="registered models",
)
ROLLOUT_COMMANDS: Final = Topic(
    name="rollout-commands",
    partitions=1,
    key="rollout_id",
    record=RolloutCommand,
    cleanup="delete",
    retention_ms=YEAR_MS,
    writers=("console", "loop"),
    readers=("model_updates",),
    about="people's words on rollouts",
)
ROLLOUTS: Final = Topic(
    name="rollouts",
    partitions=1,
    key="rollout_id",
    record=Rollout,
    cleanup="compact",
    retention_ms=None,
    writers=("model_updates",),
    readers=("console",),
    about="how rollouts stand",
)
DESIRED: Final = Topic(
    name="desired.<edge>",
    partitions=1,
    key="slot",
    record=DesiredState,
    cleanup="compact",
    retention_ms=None,
    # An edge that was switched off for a season still sees that a slot was emptied.
    config={"delete.retention.ms": str(180 * DAY_MS)},
    writers=("model_updates", "cli"),
    readers=("edge",),
    about="what an edge shall run, signed",
)
EDGE_REPORTED: Final = Topic(
    name="edge-reported",
    partitions=1,
    key="edge_id/instance",
    record=EdgeReported,
    cleanup="compact",
    retention_ms=None,
    writers=("edge",),
    readers=("model_updates", "console"),
    about="what edges really run",
)
EDGE_POLICIES: Final = Topic(
    name="edge-policies",
    partitions=1,
    key="edge_id",
    record=EdgePolicy,
    cleanup="compact",
    retention_ms=None,
    writers=("console", "cli"),
    readers=("labeling_queue", "model_updates", "line_statistics", "edge"),
    about="what is special about an edge",
)
EDGE_STATISTICS: Final = Topic(
    name="edge-statistics",
    partitions=1,
    key="edge_id/camera_id/minute/writer",
    record=EdgeStatistics,
    cleanup="compact,delete",
    retention_ms=400 * DAY_MS,
    writers=("line_statistics", "labeling_queue"),
    readers=("model_updates", "console"),
    about="absolute numbers of each minute",
)
ALARMS: Final = Topic(
    name="alarms",
    partitions=1,
    key="alarm_id",
    record=Alarm,
    cleanup="delete",
    retention_ms=YEAR_MS,
    writers=("line_statistics", "labeling_queue", "edge", "gateway"),
    readers=("console",),
    about="what a person should know",
)
TICKS: Final = Topic(
    name="ticks",
    partitions=12,
    key="-",
    record=Tick,
    cleanup="delete",
    retention_ms=HOUR_MS,
    writers=("ticker",),
    readers=("labeling_queue", "line_statistics", "model_updates"),
    about="one a second in each partition: the clock of stream steps",
)
AUDIT: Final = Topic(
    name="audit",
    partitions=1,
    key="-",
    record=AuditEvent,
    cleanup="delete",
    retention_ms=FOR_EVER,
    writers=("console", "cli"),
    readers=("console",),
    about="who changed what",
)
DEAD_LETTERS: Final = Topic(
    name="dead-letters",
    partitions=1,
    key="-",
    record=DeadLetter,
    cleanup="delete",
    retention_ms=90 * DAY_MS,
    writers=("gateway", "edge", "line_statistics", "labeling_queue", "model_updates", "console", "archive", "trainer"),
    readers=("console",),
    about="what nobody could read, with the reason",
)
SCHEMAS: Final = Topic(
    name="schemas",
    partitions=1,
    key="fingerprint",
    record=None,
    cleanup="compact",
    retention_ms=None,
    writers=("cli",),
    readers=("every reader",),
    about="Avro schema (JSON) by CRC-64-AVRO fingerprint: keeps every record readable without a registry",
)

CATALOGUE: Final = (
    FRAMES,
    CAMERAS,
    INSPECTIONS,
    LABELS,
    LABELING_REQUESTS,
    LABELING_TASKS,
    DATASETS,
    TRAINING_JOBS,
    TRAINING_PROGRESS,
    MODELS,
    ROLLOUT_COMMANDS,
    ROLLOUTS,
    DESIRED,
    EDGE_REPORTED,
    EDGE_POLICIES,
    EDGE_STATISTICS,
    ALARMS,
    TICKS,
    AUDIT,
    DEAD_LETTERS,
    SCHEMAS,
)


def shared_topics() -> tuple[Topic, ...]:
    """The topics that exist once."""
    return tuple(topic for topic in CATALOGUE if not topic.per_edge)


def edge_topics() -> tuple[Topic, ...]:
    """The topics that exist once for each edge."""
    return tuple(topic for topic in CATALOGUE if topic.per_edge)


def find_topic(name: str) -> Topic:
    """The catalogue entry of a real topic's name; UnknownTopicError when there is none."""
    for topic in CATALOGUE:
        prefix, _, suffix = topic.name.partition("<edge>")
        if name == topic.name or (topic.per_edge and name.startswith(prefix) and name.endswith(suffix)):
            return topic
    raise UnknownTopicError(f"topic {name!r} is not in the catalogue (schemas/topics.py)")
