"""Audit events on their way to Kafka: what is written here is sent, whoever dies; `auditing` says what comes when."""

from sqlalchemy.orm import Mapped, mapped_column

from consumers.console.tables.base import Base, BigId, JsonObject


class OutboxRow(Base):
    """An audit event that Kafka has not acknowledged yet; `event` holds schemas.records.AuditEvent as JSON values."""

    __tablename__ = "audit_outbox"
    outbox_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    event: Mapped[JsonObject]
