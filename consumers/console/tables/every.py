"""Every table module, imported so that Base.metadata knows them all. Add a new module here."""

from sqlalchemy import Table

from consumers.console.tables import builds, edges, inspections, labels, leases, ledger, outbox, people, progress
from consumers.console.tables.base import Base

__all__ = [
    "METADATA",
    "builds",
    "edges",
    "inspections",
    "labels",
    "leases",
    "ledger",
    "outbox",
    "people",
    "progress",
    "projected_tables",
]

METADATA = Base.metadata


def projected_tables() -> list[Table]:
    """The tables that hold what topics say, and the positions up to which they do."""
    return [table for table in METADATA.sorted_tables if table.info.get("projected")]
