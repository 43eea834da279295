"""Changes of rows, and what is left of many changes in a row. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Table

from consumers.console.tables.base import Base

Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Put:
    """A row to be there, all columns given; the table's rule says what happens to one with the same key."""

    table: Table
    row: Row


@dataclass(frozen=True, slots=True)
class Delete:
    """Rows to be gone: those of `table` with these values."""

    table: Table
    where: Row


Change = Put | Delete


@dataclass(slots=True)
class Step:
    """Rows to write at once, at most one a key; then rows to delete."""

    puts: dict[Table, dict[Key, Row]] = field(default_factory=dict)
    deletes: list[Delete] = field(default_factory=list)


def table_of(row: type[Base]) -> Table:
    """The table behind a row class."""
    return cast("Table", row.__table__)


def rule_of(table: Table) -> str:
    """Which of several rows with one key stays: `first`, `last`, or the column whose greatest value does."""
    return cast("str", table.info["projected"])


def key_of(table: Table, row: Row) -> Key:
    """The primary key of a row."""
    return tuple(row[column.name] for column in table.primary_key)


def steps(changes: Iterable[Change]) -> list[Step]:
    """Fold changes, in their order, into as few steps as they allow: one, but for deletions in between."""
    folded = [Step()]
    for change in changes:
        if isinstance(change, Delete):
            folded[-1].deletes.append(change)
            continue
        if folded[-1].deletes:
            folded.append(Step())
        rows = folded[-1].puts.setdefault(change.table, {})
        key = key_of(change.table, change.row)
        before = rows.get(key)
        rows[key] = change.row if before is None else staying(rule_of(change.table), before, change.row)
    return folded


def staying(rule: str, before: Row, after: Row) -> Row:
    """Which of two rows with one key stays."""
    if rule == "first":
        return before
    if rule == "last":
        return after
    return after if after[rule] >= before[rule] else before
