"""Inspections keep what pages show."""

from consumers.console.projection.changes import table_of
from consumers.console.tables.inspections import InspectionRow
from schemas.records import Inspection


def test_every_field_of_the_record_is_kept_but_two() -> None:
    frame = {"frame_topic", "frame_partition", "frame_offset", "sha256"}
    kept = set(table_of(InspectionRow).columns.keys()) - frame
    assert set(Inspection.__struct_fields__) - kept == {"frame", "epoch", "embedding"}
