"""The table of builds."""

from consumers.console.tables.builds import BuildRow
from consumers.console.tables.every import METADATA, projected_tables


def test_builds_are_the_consoles_own() -> None:
    assert METADATA.tables["dataset_builds"] is BuildRow.__table__
    assert "dataset_builds" not in {table.name for table in projected_tables()}
