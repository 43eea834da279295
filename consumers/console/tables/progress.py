"""How far the projection has read, who projects, whether it caught up, and what changed for those who watch."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from consumers.console.tables.base import Base, BigId, JsonList, Micros, projected


class PositionRow(Base):
    """The next offset to read of one partition; moves in the same transaction as the rows it stands for."""

    __tablename__ = "positions"
    __table_args__ = {"info": projected("last")}  # noqa: RUF012
    topic: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True)
    next_offset: Mapped[Micros]


class ProjectorRow(Base):
    """Which console projects: one row. A batch's transaction renews it and so fails for whoever lost it."""

    __tablename__ = "projector"
    one: Mapped[int] = mapped_column(primary_key=True)
    holder: Mapped[str]
    expires_at_us: Mapped[Micros]


class CatchingUpRow(Base):
    """One row while what other tables say of tasks may be long past, none otherwise; see `projection.catching_up`."""

    __tablename__ = "catching_up"
    one: Mapped[int] = mapped_column(primary_key=True)


class ChangeRow(Base):
    """Something that browsers may want to hear of; old ones are deleted. `keys` are primary keys of `kind`'s view."""

    __tablename__ = "changes"
    __table_args__ = (Index(None, "at_us"),)
    change_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at_us: Mapped[Micros]
    kind: Mapped[str]
    edge_id: Mapped[str | None]
    keys: Mapped[JsonList]
    left_out: Mapped[int]
