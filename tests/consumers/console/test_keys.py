"""Rows by keys of several columns."""

from sqlalchemy import select, text
from sqlalchemy.dialects import sqlite

from consumers.console.database import Database
from consumers.console.keys import is_one_of
from consumers.console.tables.inspections import InspectionRow
from tests.consumers.console.labeling.rows import fill, inspection_row

AT = (InspectionRow.camera_id, InspectionRow.sequence)


def test_the_rows_with_the_keys_and_no_others(database: Database) -> None:
    fill(database, *(inspection_row(number, camera_id=camera) for number in (1, 2) for camera in ("a", 'b"\\')))
    fill(database, inspection_row(2**63 - 1, camera_id="c", captured_at_us=1, inspected_at_us=1, frame_offset=1))

    def found(*keys: tuple[str, int]) -> set[tuple[str, int]]:
        with database.read() as session:
            rows = session.scalars(select(InspectionRow).where(is_one_of(session, AT, keys)))
            return {(row.camera_id, row.sequence) for row in rows}

    assert found(("a", 1), ('b"\\', 2), ("a", 9)) == {("a", 1), ('b"\\', 2)}
    assert found(("c", 2**63 - 1)) == {("c", 2**63 - 1)}
    assert found() == set()


def test_sqlite_takes_the_index(database: Database) -> None:
    if database.kind != "sqlite":
        return
    with database.read() as session:
        query = select(InspectionRow).where(is_one_of(session, AT, [("a", 1), ("b", 2)]))
        compiled = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
        plan = " ".join(row.detail for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
    assert "SEARCH inspections USING INDEX" in plan
    assert "camera_id=? AND sequence=?" in plan
