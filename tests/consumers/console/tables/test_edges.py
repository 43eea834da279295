"""Policies and alarms keep every field of their records."""

import pytest

from consumers.console.projection.changes import table_of
from consumers.console.tables.edges import AlarmRow, PolicyRow
from schemas.records import Alarm, EdgePolicy


@pytest.mark.parametrize(("row", "record"), [(PolicyRow, EdgePolicy), (AlarmRow, Alarm)])
def test_column_for_column(row: type[PolicyRow | AlarmRow], record: type[EdgePolicy | Alarm]) -> None:
    assert set(table_of(row).columns.keys()) == set(record.__struct_fields__)
