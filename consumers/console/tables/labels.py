"""Tasks and labels as projected from their topics."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from consumers.console.tables.base import Base, Count, JsonList, JsonObject, Micros, projected


class TaskRow(Base):
    """The newest state of a task: schemas.records.LabelingTask. Open while `state` is not `closed`."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index(None, "state", "edge_id", "priority"),
        Index(None, "camera_id", "sequence"),
        {"info": projected("revision")},
    )
    task_id: Mapped[str] = mapped_column(primary_key=True)
    edge_id: Mapped[str]
    camera_id: Mapped[str]
    sequence: Mapped[Count]
    captured_at_us: Mapped[Micros]
    frame_topic: Mapped[str]
    frame_partition: Mapped[int]
    frame_offset: Mapped[Count]
    sha256: Mapped[str] = mapped_column(index=True)
    state: Mapped[str]
    revision: Mapped[Count]
    changed_at_us: Mapped[Micros]
    reason: Mapped[str]
    round: Mapped[str]
    priority: Mapped[float]
    skill: Mapped[str | None]
    part_id: Mapped[str | None]
    product: Mapped[str | None]
    request_id: Mapped[str | None]
    prediction: Mapped[JsonObject | None]
    verdict: Mapped[str | None]
    excluded_labelers: Mapped[JsonList]
    close_reason: Mapped[str | None]


class LabelRow(Base):
    """One version of one label: schemas.records.Label."""

    __tablename__ = "labels"
    __table_args__ = (
        Index(None, "camera_id", "sequence"),
        Index(None, "labeler", "labeled_at_us"),
        Index(None, "edge_id", "labeled_at_us"),
        {"info": projected("first")},
    )
    label_id: Mapped[str] = mapped_column(primary_key=True)
    edge_id: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    camera_id: Mapped[str | None]
    sequence: Mapped[Count | None]
    captured_at_us: Mapped[Micros]
    frame: Mapped[JsonObject | None]
    part_id: Mapped[str | None]
    product: Mapped[str | None]
    task_id: Mapped[str | None] = mapped_column(index=True)
    version: Mapped[int]
    labeler: Mapped[str]
    labeled_at_us: Mapped[Micros]
    seconds_taken: Mapped[float]
    outcome: Mapped[str]
    round: Mapped[str]
    label: Mapped[str | None]
    boxes: Mapped[JsonList]
    image_width: Mapped[int]
    image_height: Mapped[int]
    prediction_shown: Mapped[JsonObject | None]
    verdict_shown: Mapped[str | None]
    note: Mapped[str | None]


class ImageLabelRow(Base):
    """What is believed of an image now, by consumers.datasets.label_history: what `GET /api/inspections` shows.

    One row an image, not a frame: join it by sha256. Images about which nobody decided anything have none.
    """

    __tablename__ = "image_labels"
    __table_args__ = (Index(None, "edge_id", "label"), Index(None, "label"), {"info": projected("last")})
    sha256: Mapped[str] = mapped_column(primary_key=True)
    edge_id: Mapped[str]
    label_id: Mapped[str]
    label: Mapped[str | None]
    outcome: Mapped[str]
    state: Mapped[str]
    labeler: Mapped[str]
    labeled_at_us: Mapped[Micros]
