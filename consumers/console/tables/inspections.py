"""Inspections as projected from their topic; only so many days are kept."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from consumers.console.tables.base import Base, Count, JsonList, JsonObject, Micros, projected

_DEFECTIVE = text("defect_class IS NOT NULL")


class InspectionRow(Base):
    """The first inspection of a frame: schemas.records.Inspection, flat where it is searched."""

    __tablename__ = "inspections"
    __table_args__ = (
        Index(None, "edge_id", "captured_at_us"),
        Index(None, "captured_at_us"),
        Index(None, "verdict", "captured_at_us"),
        Index(None, "camera_id", "captured_at_us"),
        Index(None, "edge_id", "verdict", "captured_at_us"),
        Index(
            "ix_inspections_defect_class",
            "defect_class",
            "captured_at_us",
            sqlite_where=_DEFECTIVE,
            postgresql_where=_DEFECTIVE,
        ),
        Index(None, "sha256"),
        {"info": projected("first")},
    )
    camera_id: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[Count] = mapped_column(primary_key=True, autoincrement=False)
    edge_id: Mapped[str]
    instance: Mapped[str]
    captured_at_us: Mapped[Micros]
    inspected_at_us: Mapped[Micros]
    frame_topic: Mapped[str]
    frame_partition: Mapped[int]
    frame_offset: Mapped[Count]
    sha256: Mapped[str]
    verdict: Mapped[str]
    reason: Mapped[str | None]
    defect_class: Mapped[str | None]
    score: Mapped[float | None]
    scores: Mapped[JsonObject]
    margin: Mapped[float | None]
    boxes: Mapped[JsonList]
    image_width: Mapped[int]
    image_height: Mapped[int]
    model: Mapped[JsonObject | None]
    config_revision: Mapped[Count]
    rollout_id: Mapped[str | None]
    part_id: Mapped[str | None]
    product: Mapped[str | None]
    brightness: Mapped[float | None]
    blur: Mapped[float | None]
    shadow: Mapped[JsonObject | None]
    latency: Mapped[JsonObject]
    deadline_missed: Mapped[bool]
