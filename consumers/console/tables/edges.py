"""Edges, cameras, policies, minutes and alarms as projected from their topics."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from consumers.console.tables.base import Base, Count, JsonList, JsonObject, Micros, projected


class EdgeReportRow(Base):
    """The last report of one process of an edge: schemas.records.EdgeReported, whole in `report`."""

    __tablename__ = "edge_reports"
    __table_args__ = {"info": projected("last")}  # noqa: RUF012
    edge_id: Mapped[str] = mapped_column(primary_key=True)
    instance: Mapped[str] = mapped_column(primary_key=True)
    reported_at_us: Mapped[Micros]
    state: Mapped[str]
    healthy: Mapped[bool]
    report: Mapped[JsonObject]


class CameraRow(Base):
    """The last claim on a camera: schemas.records.CameraClaim."""

    __tablename__ = "cameras"
    __table_args__ = {"info": projected("last")}  # noqa: RUF012
    camera_id: Mapped[str] = mapped_column(primary_key=True)
    edge_id: Mapped[str] = mapped_column(index=True)
    epoch: Mapped[Count]
    gateway: Mapped[str]
    claimed_at_us: Mapped[Micros]


class PolicyRow(Base):
    """What is special about an edge: schemas.records.EdgePolicy, column for column."""

    __tablename__ = "policies"
    __table_args__ = {"info": projected("last")}  # noqa: RUF012
    edge_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[Count]
    set_by: Mapped[str]
    set_at_us: Mapped[Micros]
    line: Mapped[str | None]
    tags: Mapped[JsonList]
    product: Mapped[str | None]
    cameras: Mapped[JsonList]
    part_deadline_us: Mapped[Count]
    sample_rate: Mapped[float]
    near_threshold: Mapped[float]
    second_label_rate: Mapped[float]
    queue_cap: Mapped[Count]
    skill: Mapped[str | None]
    drift_bound: Mapped[float]
    bandwidth: Mapped[Count | None]
    window: Mapped[str | None]
    classes: Mapped[JsonList]
    draw_boxes: Mapped[bool]
    guide: Mapped[JsonObject]


class MinuteRow(Base):
    """One minute of one camera by one writer: schemas.records.EdgeStatistics, whole in `statistics`."""

    __tablename__ = "minutes"
    __table_args__ = (Index(None, "minute_us"), {"info": projected("last")})
    edge_id: Mapped[str] = mapped_column(primary_key=True)
    minute_us: Mapped[Micros] = mapped_column(primary_key=True, autoincrement=False)
    camera_id: Mapped[str] = mapped_column(primary_key=True)
    writer: Mapped[str] = mapped_column(primary_key=True)
    closed: Mapped[bool]
    inspections: Mapped[Count]
    missing: Mapped[Count]
    labels: Mapped[Count]
    escapes: Mapped[Count]
    overkill: Mapped[Count]
    kappa: Mapped[float | None]
    statistics: Mapped[JsonObject]


class AlarmRow(Base):
    """The newest word on an alarm: schemas.records.Alarm."""

    __tablename__ = "alarms"
    __table_args__ = (Index(None, "at_us"), {"info": projected("at_us")})
    alarm_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    severity: Mapped[str]
    raised: Mapped[bool]
    at_us: Mapped[Micros]
    edge_id: Mapped[str | None]
    camera_id: Mapped[str | None]
    message: Mapped[str]
    value: Mapped[float | None]
    bound: Mapped[float | None]
