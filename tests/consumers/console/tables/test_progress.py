"""Positions are projected, so a rebuild forgets them with the rows."""

from consumers.console.projection.changes import rule_of, table_of
from consumers.console.tables.progress import ChangeRow, PositionRow, ProjectorRow


def test_positions_go_with_the_rows_the_rest_stays() -> None:
    assert rule_of(table_of(PositionRow)) == "last"
    assert "projected" not in table_of(ProjectorRow).info
    assert "projected" not in table_of(ChangeRow).info
