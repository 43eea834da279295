"""From a record to the changes it makes. Pure: no clock, no database, no broker."""

import math
from collections.abc import Callable
from typing import Any, Final

import msgspec

from consumers.console.projection.changes import Change, Delete, Put, Row, table_of
from consumers.console.tables.edges import AlarmRow, CameraRow, EdgeReportRow, MinuteRow, PolicyRow
from consumers.console.tables.inspections import InspectionRow
from consumers.console.tables.labels import LabelRow, TaskRow
from consumers.console.tables.ledger import AuditRow, DatasetRow, DeadLetterRow
from schemas.errors import DecodeError
from schemas.identifiers import parse_frame_id
from schemas.records import (
    Alarm,
    AuditEvent,
    CameraClaim,
    Dataset,
    DeadLetter,
    EdgePolicy,
    EdgeReported,
    EdgeStatistics,
    Inspection,
    Label,
    LabelingTask,
    Record,
)
from schemas.topics import (
    ALARMS,
    AUDIT,
    CAMERAS,
    DATASETS,
    DEAD_LETTERS,
    EDGE_POLICIES,
    EDGE_REPORTED,
    EDGE_STATISTICS,
    INSPECTIONS,
    LABELING_TASKS,
    LABELS,
    Topic,
)

TOPICS: Final[tuple[Topic, ...]] = (
    EDGE_POLICIES,
    CAMERAS,
    EDGE_REPORTED,
    INSPECTIONS,
    LABELING_TASKS,
    LABELS,
    EDGE_STATISTICS,
    ALARMS,
    DATASETS,
    AUDIT,
    DEAD_LETTERS,
)
"""What is projected."""

_INSPECTIONS: Final = table_of(InspectionRow)
_NOT_KEPT: Final = ("epoch", "embedding")
_FLOATS: Final = ("score", "margin", "brightness", "blur")


def apply(record: Record, offset: int) -> list[Change]:
    """The changes that a record makes; `offset` is where it lies in its topic."""
    return [Put(*_ROWS[type(record)](record, offset))]


def apply_tombstone(topic: str, key: bytes) -> list[Change]:
    """The changes of a key without a value in a compacted topic; DecodeError for a key that is none of its own."""
    try:
        return [_KEYS[topic](key.decode())] if topic in _KEYS else []
    except (ValueError, UnicodeDecodeError) as error:
        raise DecodeError(f"tombstone of {topic} with key {key!r}: {error}") from error


def _values(record: Record) -> Row:
    values: Row = msgspec.to_builtins(record, builtin_types=(bytes,))
    return values


def _whole(row: type[Any]) -> Callable[[Record, int], tuple[Any, Row]]:
    """Of a record whose fields are the table's columns."""
    table = table_of(row)
    return lambda record, _offset: (table, _values(record))


def _inspection(record: Record, _offset: int) -> tuple[Any, Row]:
    values = _flat_frame(_values(record))
    for name in _NOT_KEPT:
        del values[name]
    for name in _FLOATS:
        if values[name] is not None and not math.isfinite(values[name]):
            values[name] = None  # no JSON has such a number, and none says anything
    return _INSPECTIONS, values


def _flat_frame(values: Row) -> Row:
    frame = values.pop("frame")
    values["frame_topic"], values["frame_partition"] = frame["topic"], frame["partition"]
    values["frame_offset"], values["sha256"] = frame["offset"], frame["sha256"]
    return values


def _task(record: Record, _offset: int) -> tuple[Any, Row]:
    return table_of(TaskRow), _flat_frame(_values(record))


def _some(row: type[Any], names: tuple[str, ...], whole: str) -> Callable[[Record, int], tuple[Any, Row]]:
    """Of a record with some fields as columns and all of it as JSON in the column `whole`."""
    table = table_of(row)

    def build(record: Record, _offset: int) -> tuple[Any, Row]:
        values = _values(record)
        return table, {**{name: values[name] for name in names}, whole: values}

    return build


def _camera(record: Record, _offset: int) -> tuple[Any, Row]:
    values = _values(record)
    return table_of(CameraRow), {column.name: values[column.name] for column in table_of(CameraRow).columns}


def _letter(record: Record, offset: int) -> tuple[Any, Row]:
    assert isinstance(record, DeadLetter)  # noqa: S101 - chosen by its type
    # One reader may give up on one message twice, after a crash; files of one name may really be two.
    letter_id = record.event_id if record.topic is not None else f"{record.event_id}/{record.at_us}"
    size = record.claim_check.size if record.claim_check else len(record.raw or b"")
    return table_of(DeadLetterRow), {
        "letter_id": letter_id,
        "letter_offset": offset,
        "reader": record.reader,
        "at_us": record.at_us,
        "reason": record.reason,
        "kind": record.kind,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "origin": record.origin,
        "size": size,
    }


_ROWS: Final[dict[type[Record], Callable[[Record, int], tuple[Any, Row]]]] = {
    Inspection: _inspection,
    LabelingTask: _task,
    Label: _whole(LabelRow),
    EdgePolicy: _whole(PolicyRow),
    Alarm: _whole(AlarmRow),
    AuditEvent: _whole(AuditRow),
    Dataset: _whole(DatasetRow),
    CameraClaim: _camera,
    DeadLetter: _letter,
    EdgeReported: _some(EdgeReportRow, ("edge_id", "instance", "reported_at_us", "state", "healthy"), "report"),
    EdgeStatistics: _some(
        MinuteRow,
        (
            "edge_id",
            "minute_us",
            "camera_id",
            "writer",
            "closed",
            "inspections",
            "missing",
            "labels",
            "escapes",
            "overkill",
            "kappa",
        ),
        "statistics",
    ),
}


def _task_gone(key: str) -> Delete:
    camera_id, sequence = parse_frame_id(key)
    return Delete(table_of(TaskRow), {"camera_id": camera_id, "sequence": sequence})


def _report_gone(key: str) -> Delete:
    edge_id, instance = key.split("/")
    return Delete(table_of(EdgeReportRow), {"edge_id": edge_id, "instance": instance})


def _dataset_gone(key: str) -> Delete:
    name, _, digest = key.partition(":")
    return Delete(table_of(DatasetRow), {"name": name, "digest": digest})


def _minute_gone(key: str) -> Delete:
    edge_id, camera_id, minute, writer = key.split("/")
    where = {"edge_id": edge_id, "camera_id": camera_id, "minute_us": int(minute), "writer": writer}
    return Delete(table_of(MinuteRow), where)


_KEYS: Final[dict[str, Callable[[str], Delete]]] = {
    LABELING_TASKS.name: _task_gone,
    EDGE_REPORTED.name: _report_gone,
    EDGE_POLICIES.name: lambda key: Delete(table_of(PolicyRow), {"edge_id": key}),
    CAMERAS.name: lambda key: Delete(table_of(CameraRow), {"camera_id": key}),
    DATASETS.name: _dataset_gone,
    EDGE_STATISTICS.name: _minute_gone,
}
