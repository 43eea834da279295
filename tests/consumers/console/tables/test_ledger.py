"""Audit events and datasets keep every field of their records; dead letters keep no bytes."""

from consumers.console.projection.changes import table_of
from consumers.console.tables.ledger import AuditRow, DatasetRow, DeadLetterRow
from schemas.records import AuditEvent, Dataset


def test_column_for_column() -> None:
    assert set(table_of(AuditRow).columns.keys()) == set(AuditEvent.__struct_fields__)
    assert set(table_of(DatasetRow).columns.keys()) == set(Dataset.__struct_fields__)


def test_dead_letters_keep_where_they_lie_instead_of_their_bytes() -> None:
    assert not {"raw", "key", "headers"} & set(table_of(DeadLetterRow).columns.keys())
    assert "letter_offset" in table_of(DeadLetterRow).columns
