"""What a console's projected tables hold, to compare."""

from typing import Any

from sqlalchemy import select

from consumers.console.database import Database
from consumers.console.tables.every import projected_tables


def contents(database: Database, *, without: tuple[str, ...] = ()) -> dict[str, list[dict[str, Any]]]:
    """Every projected table's rows, in the order of their keys."""
    held = {}
    with database.read() as session:
        for table in projected_tables():
            if table.name not in without:
                query = select(table).order_by(*table.primary_key)
                held[table.name] = [dict(row) for row in session.execute(query).mappings()]
    return held
