"""What was done, what nobody could read, which datasets there are: as projected from their topics."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from consumers.console.tables.base import Base, Count, JsonList, JsonObject, Micros, projected


class AuditRow(Base):
    """One audit event: schemas.records.AuditEvent."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "at_us", "audit_id"), {"info": projected("first")})
    audit_id: Mapped[str] = mapped_column(primary_key=True)
    at_us: Mapped[Micros]
    actor: Mapped[str]
    role: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
    reason: Mapped[str | None]
    address: Mapped[str | None]


class DeadLetterRow(Base):
    """One dead letter: schemas.records.DeadLetter; its bytes stay in the topic, at `letter_offset`."""

    __tablename__ = "dead_letters"
    __table_args__ = (Index(None, "at_us", "letter_id"), {"info": projected("first")})
    letter_id: Mapped[str] = mapped_column(primary_key=True)
    letter_offset: Mapped[Count]
    reader: Mapped[str]
    at_us: Mapped[Micros]
    reason: Mapped[str]
    kind: Mapped[str]
    topic: Mapped[str | None]
    partition: Mapped[int | None]
    offset: Mapped[Count | None]
    origin: Mapped[str | None]
    size: Mapped[Count]


class DatasetRow(Base):
    """A dataset that was built: schemas.records.Dataset."""

    __tablename__ = "datasets"
    __table_args__ = (Index(None, "digest"), {"info": projected("last")})
    name: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    manifest: Mapped[JsonObject]
    built_at_us: Mapped[Micros]
    built_by: Mapped[str]
    edge_ids: Mapped[JsonList]
    frames: Mapped[Count]
    missing: Mapped[Count]
    size: Mapped[Count]
    classes: Mapped[JsonObject]
    splits: Mapped[JsonObject]
    selection: Mapped[JsonObject]
