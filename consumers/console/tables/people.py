"""People, their sessions, service tokens: the console's own."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from consumers.console.tables.base import Base, BigId, JsonList, Micros


class PersonRow(Base):
    """Somebody who may sign in. Never deleted, only deactivated: labels and audit events name them."""

    __tablename__ = "people"
    name: Mapped[str] = mapped_column(primary_key=True)
    full_name: Mapped[str]
    role: Mapped[str]
    admin: Mapped[bool]
    skills: Mapped[JsonList]
    language: Mapped[str]
    active: Mapped[bool]
    password_hash: Mapped[str]
    must_change_password: Mapped[bool]
    created_at_us: Mapped[Micros]
    created_by: Mapped[str]
    signed_in_at_us: Mapped[Micros | None]


class SessionRow(Base):
    """One browser that is signed in. Only the token's sha256 is kept."""

    __tablename__ = "sessions"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(ForeignKey("people.name"), index=True)
    created_at_us: Mapped[Micros]
    seen_at_us: Mapped[Micros]
    address: Mapped[str | None]


class TokenRow(Base):
    """A program's key to the API. Only its sha256 is kept; a revoked one stays, so that its id keeps its meaning."""

    __tablename__ = "service_tokens"
    token_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    created_at_us: Mapped[Micros]
    created_by: Mapped[str]
    expires_at_us: Mapped[Micros | None]
    used_at_us: Mapped[Micros | None]
    revoked_at_us: Mapped[Micros | None]


class FirstRunRow(Base):
    """A token that a console printed at a start without people; gone once there is somebody."""

    __tablename__ = "first_run_tokens"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    created_at_us: Mapped[Micros]
