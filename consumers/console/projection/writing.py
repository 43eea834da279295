"""Changes to the database: one statement a table and batch, however many rows."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import Table, Text, delete, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from consumers.console.database import Database
from consumers.console.events import Kind, note_change
from consumers.console.projection.changes import Change, Row, Step, rule_of, steps, table_of
from consumers.console.tables.edges import AlarmRow, EdgeReportRow, PolicyRow
from consumers.console.tables.inspections import InspectionRow
from consumers.console.tables.labels import ImageLabelRow, LabelRow, TaskRow
from consumers.console.tables.ledger import DatasetRow
from consumers.datasets.label_history import current_labels
from schemas.records import Label

_LABELS: Final = table_of(LabelRow)
_IN_AT_ONCE: Final = 500  # values of one IN list
# table: (kind of event, columns of its key, column that holds the edge)
_NOTED: Final[dict[Table, tuple[Kind, tuple[str, ...], str | None]]] = {
    table_of(InspectionRow): ("inspection", ("camera_id", "sequence"), "edge_id"),
    table_of(TaskRow): ("task", ("task_id",), "edge_id"),
    table_of(EdgeReportRow): ("edge", ("edge_id",), "edge_id"),
    table_of(PolicyRow): ("edge", ("edge_id",), "edge_id"),
    table_of(AlarmRow): ("alarm", ("alarm_id",), "edge_id"),
    table_of(DatasetRow): ("dataset", ("name", "digest"), None),
}


def write_changes(session: Session, database: Database, changes: Iterable[Change], at_us: int) -> None:
    """Make changes in a session that writes, and note them for browsers; `at_us` is when, for the notes."""
    done = steps(changes)
    for step in done:
        for table, rows in step.puts.items():
            put_rows(session, database, table, list(rows.values()))
        for gone in step.deletes:
            session.execute(
                delete(gone.table).where(*(gone.table.c[name] == value for name, value in gone.where.items()))
            )
    _believe(session, database, done)
    for step in done:
        _note(session, database, step, at_us)


def put_rows(session: Session, database: Database, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, at most one a key; the table's rule settles what is there already."""
    if not rows:
        return
    if database.kind == "postgresql":
        session.execute(_postgresql(table), {"rows": msgspec.json.encode(rows).decode()})
    else:
        session.execute(_sqlite(table), rows)


@cache
def _sqlite(table: Table) -> Any:
    statement, rule = sqlite_insert(table), rule_of(table)
    if rule == "first":
        return statement.on_conflict_do_nothing()
    new = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    newer = None if rule == "last" else statement.excluded[rule] >= table.c[rule]
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=new, where=newer)


@cache
def _postgresql(table: Table) -> Any:
    """One statement whatever the number of rows: pg8000 would send one message a row, this sends one JSON text."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    typed = ", ".join(f'"{column.name}" {column.type.compile(dialect)}' for column in table.columns)
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    rule = rule_of(table)
    settle = "DO NOTHING"
    if rule != "first":
        new = ", ".join(f'"{c.name}" = excluded."{c.name}"' for c in table.columns if not c.primary_key)
        by_bytes = ' COLLATE "C"' if rule != "last" and isinstance(table.c[rule].type, Text) else ""
        newer = "" if rule == "last" else f' WHERE excluded."{rule}"{by_bytes} >= "{table.name}"."{rule}"{by_bytes}'
        settle = f"DO UPDATE SET {new}{newer}"
    return text(
        f'INSERT INTO "{table.name}" ({names}) SELECT {names} '  # noqa: S608 - names are this module's tables, nobody's input
        f"FROM json_to_recordset(CAST(:rows AS json)) AS given({typed}) ON CONFLICT ({keys}) {settle}"
    )


def _believe(session: Session, database: Database, done: Sequence[Step]) -> None:
    """Work out anew what is believed of every image that got a label."""
    images = sorted({row["sha256"] for step in done for row in step.puts.get(_LABELS, {}).values()})
    for start in range(0, len(images), _IN_AT_ONCE):
        some = images[start : start + _IN_AT_ONCE]
        found = session.execute(select(_LABELS).where(_LABELS.c.sha256.in_(some))).mappings()
        believed = current_labels(msgspec.convert(dict(row), Label) for row in found)
        undecided = [sha256 for sha256 in some if sha256 not in believed]
        session.execute(delete(ImageLabelRow).where(ImageLabelRow.sha256.in_(undecided)))
        rows = [
            {
                "sha256": sha256,
                "edge_id": current.label.edge_id,
                "label_id": current.label.label_id,
                "label": current.label.label,
                "outcome": current.label.outcome,
                "state": current.state,
                "labeler": current.label.labeler,
                "labeled_at_us": current.label.labeled_at_us,
            }
            for sha256, current in believed.items()
        ]
        put_rows(session, database, table_of(ImageLabelRow), rows)


def _note(session: Session, database: Database, step: Step, at_us: int) -> None:
    noted: dict[tuple[Kind, str | None], dict[tuple[Any, ...], None]] = {}
    for table, rows in step.puts.items():
        if table in _NOTED:
            kind, names, edge = _NOTED[table]
            for row in rows.values():
                keys = noted.setdefault((kind, row[edge] if edge else None), {})
                keys[tuple(row[name] for name in names)] = None
    for (kind, edge_id), keys in noted.items():
        note_change(session, database, kind, edge_id=edge_id, keys=[list(key) for key in keys], at_us=at_us)
