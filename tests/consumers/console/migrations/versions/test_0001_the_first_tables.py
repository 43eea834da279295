"""The first migration's tables."""

from sqlalchemy import inspect

from consumers.console.database import Database
from consumers.console.tables.every import METADATA, projected_tables

OWN = {"people", "sessions", "service_tokens", "first_run_tokens", "audit_outbox", "projector", "changes"}


def test_its_tables_are_what_the_code_says(database: Database) -> None:
    found = inspect(database.engine)
    for name in OWN | {table.name for table in projected_tables()}:
        columns = {column["name"]: column["nullable"] for column in found.get_columns(name)}
        assert columns == {column.name: column.nullable for column in METADATA.tables[name].columns}, name
