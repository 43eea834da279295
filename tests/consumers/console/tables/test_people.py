"""No table of people holds a secret in the clear."""

from consumers.console.projection.changes import table_of
from consumers.console.tables.people import FirstRunRow, PersonRow, SessionRow, TokenRow


def test_only_hashes_are_kept() -> None:
    for row in (PersonRow, SessionRow, TokenRow, FirstRunRow):
        secret = [
            name
            for name in table_of(row).columns.keys()  # noqa: SIM118 - iterating gives columns, not names
            if "token" in name or "password" in name
        ]
        assert set(secret) <= {"token_hash", "token_id", "password_hash", "must_change_password"}, row
