"""Service tokens: how programs call the API."""

from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consumers.console.auth.secret_tokens import SERVICE_PREFIX, new_secret, secret_hash
from consumers.console.permissions import Role
from consumers.console.tables.people import TokenRow

if TYPE_CHECKING:
    from consumers.console.services import Services

_NOTED_EVERY_US: Final = 60_000_000


def issue(
    session: Session, name: str, role: Role, *, by: str, at_us: int, expires_at_us: int | None
) -> tuple[TokenRow, str]:
    """Make a token and give its row and its secret, which is shown once and never again."""
    secret = new_secret(SERVICE_PREFIX)
    row = TokenRow(
        token_hash=secret_hash(secret),
        name=name,
        role=role,
        created_at_us=at_us,
        created_by=by,
        expires_at_us=expires_at_us,
        used_at_us=None,
        revoked_at_us=None,
    )
    session.add(row)
    session.flush()
    return row, secret


def find(services: "Services", secret: str) -> TokenRow | None:
    """The token with this secret when it is in force; None otherwise. Notes that it was used."""
    now = services.clock()
    with services.database.read() as session:
        row = session.scalar(select(TokenRow).where(TokenRow.token_hash == secret_hash(secret)))
    if row is None or not in_force(row, now):
        return None
    if row.used_at_us is None or now - row.used_at_us > _NOTED_EVERY_US:
        with services.database.write() as session:
            session.execute(update(TokenRow).where(TokenRow.token_id == row.token_id).values(used_at_us=now))
    return row


def in_force(row: TokenRow, now_us: int) -> bool:
    """Whether a token is neither revoked nor over."""
    return row.revoked_at_us is None and (row.expires_at_us is None or now_us < row.expires_at_us)
