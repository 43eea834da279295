"""The tables of leases, drafts and submissions, and that claims read their indexes."""

from typing import Any

import pytest
from sqlalchemy import event, text

from consumers.console.database import Database
from consumers.console.labeling.claims import Labeler, claim
from consumers.console.tables.every import METADATA, projected_tables
from tests.consumers.console.labeling.rows import NOW, fill, task_row

OURS = ("leases", "drafts", "submissions")


def test_a_rebuild_of_the_projection_leaves_them_alone() -> None:
    assert set(OURS) <= set(METADATA.tables)
    assert not {table.name for table in projected_tables()} & set(OURS)


@pytest.mark.parametrize(("edge_id", "index"), [(None, "ix_tasks_open"), ("edge-3", "ix_tasks_open_by_edge")])
def test_a_claim_reads_the_best_tasks_off_an_index(database: Database, edge_id: str | None, index: str) -> None:
    rows = [
        task_row(number, edge_id=f"edge-{number % 50}", priority=number % 7, state="opened" if number % 3 else "closed")
        for number in range(3000)
    ]
    fill(database, *rows)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if "LIMIT" in statement and "OUTER JOIN leases" in statement:
            asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    with database.write() as session:
        if database.kind == "postgresql":
            session.execute(text("ANALYZE tasks"))
        assert len(claim(session, Labeler("ann", frozenset()), edge_id, 3, now_us=NOW, lease_us=1000)) == 3
    event.remove(database.engine, "before_cursor_execute", note)
    (statement, parameters), *_ = asked
    explain = "EXPLAIN QUERY PLAN " if database.kind == "sqlite" else "EXPLAIN "
    with database.engine.connect() as connection:
        plan = "\n".join(str(tuple(row)) for row in connection.exec_driver_sql(explain + statement, parameters))
    assert f"{index}" in plan, plan
    assert "TEMP B-TREE" not in plan, plan  # SQLite's word for sorting; PostgreSQL may sort one edge's few tasks
    assert edge_id is not None or "Sort" not in plan, plan
