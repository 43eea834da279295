"""Leases, drafts and submissions: what the console alone knows of labeling; and the indexes its questions need."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from consumers.console.tables.base import Base, Count, JsonList, JsonObject, Micros
from consumers.console.tables.edges import MinuteRow
from consumers.console.tables.labels import LabelRow, TaskRow

OPEN_STATES = ("opened", "reopened")


class LeaseRow(Base):
    """Who holds a task, and how far it was answered. Never deleted: its fencing token only rises."""

    __tablename__ = "leases"
    task_id: Mapped[str] = mapped_column(primary_key=True)
    fencing_token: Mapped[Count]
    """Rises with each claim: the time of the claim, Unix microseconds, or the last one plus 1 where that is later."""
    holder: Mapped[str | None] = mapped_column(index=True)
    """Who claimed it last; null once given back or answered."""
    claimed_at_us: Mapped[Micros]
    expires_at_us: Mapped[Micros]
    """From then on anybody may claim it; until somebody does, its holder may still renew it or submit."""
    answered_revision: Mapped[Count | None]
    """The revision of the task that was answered; see `claims.unanswered`."""
    answered_at_us: Mapped[Count | None]


class DraftRow(Base):
    """What somebody has drawn and not yet submitted; survives the lease."""

    __tablename__ = "drafts"
    __table_args__ = (Index(None, "saved_at_us"),)
    task_id: Mapped[str] = mapped_column(primary_key=True)
    labeler: Mapped[str] = mapped_column(primary_key=True)
    fencing_token: Mapped[Count]
    outcome: Mapped[str | None]
    label: Mapped[str | None]
    boxes: Mapped[JsonList]
    note: Mapped[str | None]
    saved_at_us: Mapped[Micros]


class SubmissionRow(Base):
    """A label on its way to Kafka: `pending` until acknowledged, then `sent`. Its content never changes."""

    __tablename__ = "submissions"
    __table_args__ = (
        Index(None, "labeler", "labeled_at_us"),
        Index(None, "labeled_at_us"),
        Index(
            "ix_submissions_pending",
            "attempted_at_us",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )
    label_id: Mapped[str] = mapped_column(primary_key=True)
    task_id: Mapped[str] = mapped_column(index=True)
    edge_id: Mapped[str]
    labeler: Mapped[str]
    round: Mapped[str]
    version: Mapped[int]
    labeled_at_us: Mapped[Micros]
    seconds_taken: Mapped[float]
    state: Mapped[str]
    attempted_at_us: Mapped[Micros]
    label: Mapped[JsonObject]
    """schemas.records.Label as JSON values."""


_OPEN = text("state <> 'closed'")
_JUDGED = text("kappa IS NOT NULL")
# Claims read the best open tasks of one edge, or of all, straight off an index. Closed tasks are in neither.
CLAIM_INDEXES = (
    Index(
        "ix_tasks_open_by_edge",
        TaskRow.edge_id,
        TaskRow.priority.desc(),
        TaskRow.captured_at_us,
        TaskRow.task_id,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
    Index(
        "ix_tasks_open",
        TaskRow.priority.desc(),
        TaskRow.captured_at_us,
        TaskRow.task_id,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
)
PROGRESS_INDEXES = (
    Index("ix_labels_labeled_at_us", LabelRow.labeled_at_us),
    Index("ix_minutes_kappa", MinuteRow.edge_id, MinuteRow.minute_us, sqlite_where=_JUDGED, postgresql_where=_JUDGED),
)
