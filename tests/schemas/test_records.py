"""The typed records and the .avsc files say the same."""

import json
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest

from schemas.records import Alarm, EdgeStatistics, Frame, Record
from schemas.store import FILES, schema_text

_PLAIN = {str: "string", bytes: "bytes", bool: "boolean", float: "double", int: "long"}


def _avro_names(hint: Any) -> Any:
    """What the .avsc must say of a Python type, named types by name only."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return ("enum", args)
    if origin is list:
        return ("array", _avro_names(args[0]))
    if origin is dict:
        return ("map", _avro_names(args[1]))
    if args:
        return ("nullable", _avro_names(next(arg for arg in args if arg is not type(None))))
    return _PLAIN.get(hint) or ("record", hint.__name__)


def _said(schema: Any, named: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return ("nullable", _said(next(branch for branch in schema if branch != "null"), named))
    if isinstance(schema, str):
        return _said(named[schema], named) if schema in named else schema
    kind = schema["type"]
    if kind in ("enum", "record"):
        named[schema["name"]] = schema
        return ("enum", tuple(schema["symbols"])) if kind == "enum" else ("record", schema["name"])
    if kind in ("array", "map"):
        return (kind, _said(schema["items" if kind == "array" else "values"], named))
    return kind


@pytest.mark.parametrize("record", FILES, ids=lambda record: record.__name__)
def test_every_field_of_a_record_is_in_its_schema_with_the_same_type_and_default(record: type[Record]) -> None:
    named: dict[str, Any] = {}
    schema = json.loads(schema_text(record))
    _compare(record, schema, named)


def _compare(record: type[Record], schema: dict[str, Any], named: dict[str, Any]) -> None:
    hints = get_type_hints(record)
    fields = {field.name: field for field in msgspec.structs.fields(record)}
    assert [field["name"] for field in schema["fields"]] == list(fields)
    for field in schema["fields"]:
        assert _said(field["type"], named) == _avro_names(hints[field["name"]]), field["name"]
        assert field["doc"], f"{record.__name__}.{field['name']} has no doc"
        optional = fields[field["name"]].default is not msgspec.NODEFAULT or callable(
            fields[field["name"]].default_factory
        )
        assert ("default" in field) == optional, f"{record.__name__}.{field['name']}: default in one place only"


@pytest.mark.parametrize("record", FILES, ids=lambda record: record.__name__)
def test_times_are_marked_as_such_for_other_readers(record: type[Record]) -> None:
    for field in json.loads(schema_text(record))["fields"]:
        if field["name"].endswith("_at_us"):
            assert "timestamp-micros" in json.dumps(field["type"]), field["name"]


def test_an_event_that_says_something_new_has_another_id() -> None:
    # Readers drop an id that they have seen: what changed must not look like what was.
    first = EdgeStatistics(edge_id="e", camera_id="*", minute_us=0, writer="labeling_queue", closed=False, labels=1)
    changes: list[dict[str, Any]] = [{"labels": 2}, {"closed": True}, {"parts": {"pass": 1}}, {"inspections": 1}]
    changed = [msgspec.structs.replace(first, **change) for change in changes]
    assert len({record.event_id for record in (first, *changed)}) == len(changes) + 1
    alarm = Alarm(alarm_id="drift/e", kind="drift", severity="warning", raised=True, at_us=1, message="drift")
    again = msgspec.structs.replace(alarm, at_us=9)
    cleared = msgspec.structs.replace(alarm, raised=False, at_us=5)
    assert len({record.event_id for record in (alarm, cleared, again)}) == 3


def test_records_can_not_be_changed() -> None:
    frame = Frame(
        edge_id="e",
        camera_id="c",
        sequence=4,
        epoch=1,
        captured_at_us=0,
        monotonic_ns=0,
        sha256="",
        size=0,
        content_type="",
        image=b"",
    )
    assert frame.frame_id == "c/4"
    with pytest.raises(AttributeError):
        frame.sequence = 5  # type: ignore[misc]
