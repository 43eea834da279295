"""Builds of datasets: what was asked for and how it goes."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from consumers.console.tables.base import Base, Count, JsonList, JsonObject, Micros


class BuildRow(Base):
    """One build. `state`: queued, running, done, failed or cancelled; the last three are final."""

    __tablename__ = "dataset_builds"
    __table_args__ = (Index(None, "state"), Index(None, "asked_at_us"))
    build_id: Mapped[str] = mapped_column(primary_key=True)
    asked_at_us: Mapped[Micros]
    asked_by: Mapped[str]
    wanted: Mapped[JsonObject]
    """The request, as the API took it."""
    preview: Mapped[bool]
    state: Mapped[str]
    phase: Mapped[str]
    done: Mapped[Count]
    total: Mapped[Count]
    missing: Mapped[JsonList]
    """The first hundred images that are nowhere to be had, in words."""
    digest: Mapped[str | None]
    detail: Mapped[str | None]
    result: Mapped[JsonObject | None]
    """Figures of what was built, or would be: frames, classes, splits."""
    runner: Mapped[str]
    """The console process that builds it."""
    alive_at_us: Mapped[Micros]
    """When that process last wrote here: a build whose process is gone has failed."""
    cancel_asked: Mapped[bool]
    ended_at_us: Mapped[Micros | None]
