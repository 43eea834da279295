"""Tasks and labels keep every field of their records."""

from consumers.console.projection.changes import table_of
from consumers.console.tables.labels import LabelRow, TaskRow
from schemas.records import Label, LabelingTask


def test_labels_column_for_column() -> None:
    assert set(table_of(LabelRow).columns.keys()) == set(Label.__struct_fields__)


def test_tasks_with_their_frame_spread_out() -> None:
    frame = {"frame_topic", "frame_partition", "frame_offset", "sha256"}
    assert set(table_of(TaskRow).columns.keys()) - frame == set(LabelingTask.__struct_fields__) - {"frame"}
