"""Reading by columns gives what reading by records gives, for any schema and any garbage."""

import io
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_writer
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.columns import Column, ColumnReader, UnsupportedSchemaError

INNER = {
    "type": "record",
    "name": "Inner",
    "fields": [
        {"name": "items", "type": {"type": "array", "items": ["null", "string", "double"]}},
        {"name": "text", "type": "string"},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["a", "b", "c"]}},
    ],
}
SCHEMA: Any = parse_schema(
    {
        "type": "record",
        "name": "Outer",
        "fields": [
            {"name": "number", "type": "long"},
            {"name": "small", "type": "int"},
            {"name": "ratio", "type": "double"},
            {"name": "short", "type": "float"},
            {"name": "flag", "type": "boolean"},
            {"name": "raw", "type": "bytes"},
            {"name": "hash", "type": {"type": "fixed", "name": "Hash", "size": 4}},
            {"name": "table", "type": {"type": "map", "values": {"type": "array", "items": "long"}}},
            {"name": "inner", "type": ["null", INNER]},
            {"name": "again", "type": "Inner"},
            {"name": "maybe", "type": ["null", "string"]},
            {"name": "kind", "type": "Kind"},
        ],
    }
)
WANTED = ("number", "ratio", "flag", "maybe", "kind", "again.text", "small")

text = st.text(max_size=12)
longs = st.integers(-(2**63), 2**63 - 1)
inner = st.fixed_dictionaries(
    {
        "items": st.lists(st.none() | text | st.floats(allow_nan=False), max_size=4),
        "text": text,
        "kind": st.sampled_from("abc"),
    }
)
records = st.fixed_dictionaries(
    {
        "number": longs,
        "small": st.integers(-(2**31), 2**31 - 1),
        "ratio": st.floats(allow_nan=False),
        "short": st.floats(width=32, allow_nan=False),
        "flag": st.booleans(),
        "raw": st.binary(max_size=20),
        "hash": st.binary(min_size=4, max_size=4),
        "table": st.dictionaries(text, st.lists(longs, max_size=3), max_size=3),
        "inner": st.none() | inner,
        "again": inner,
        "maybe": st.none() | text,
        "kind": st.sampled_from("abc"),
    }
)


def body(record: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    schemaless_writer(buffer, SCHEMA, record)
    return buffer.getvalue()


def values(column: Column, data: bytes, row: int) -> Any:
    if column.kind == "string":
        length = int(column.length[row])
        return None if length < 0 else data[int(column.first[row]) : int(column.first[row]) + length].decode()
    value = column.first[row].item()
    return column.symbols[value] if column.kind == "enum" else bool(value) if column.kind == "boolean" else value


@settings(max_examples=60)
@given(st.lists(records, min_size=1, max_size=8))
def test_columns_hold_what_was_written(written: list[dict[str, Any]]) -> None:
    cursors, columns = ColumnReader(SCHEMA, WANTED).read([body(record) for record in written])
    assert not cursors.bad.any()
    for row, record in enumerate(written):
        found = {path: values(column, cursors.data, row) for path, column in columns.items()}
        expected = {path: record[path] for path in WANTED if "." not in path}
        assert found == {**expected, "again.text": record["again"]["text"]}


@settings(max_examples=60)
@given(st.lists(records, min_size=2, max_size=4), st.data())
def test_garbage_is_marked_and_harms_no_neighbour(written: list[dict[str, Any]], data: st.DataObject) -> None:
    bodies = [body(record) for record in written]
    broken = data.draw(st.integers(0, len(bodies) - 1))
    bodies[broken] = data.draw(st.binary(max_size=60) | st.just(bodies[broken] + b"\0") | st.just(bodies[broken][:-1]))
    cursors, columns = ColumnReader(SCHEMA, WANTED).read(bodies)
    for row, record in enumerate(written):
        if row != broken:
            assert not cursors.bad[row]
            assert values(columns["number"], cursors.data, row) == record["number"]
            assert values(columns["again.text"], cursors.data, row) == record["again"]["text"]


@pytest.mark.parametrize("cut", [1, 5, 9])
def test_a_record_cut_off_or_followed_by_more_is_bad(cut: int) -> None:
    whole = body(
        {
            "number": 1,
            "small": 2,
            "ratio": 0.5,
            "short": 0.5,
            "flag": True,
            "raw": b"x",
            "hash": b"abcd",
            "table": {},
            "inner": None,
            "again": {"items": [], "text": "t", "kind": "a"},
            "maybe": None,
            "kind": "b",
        }
    )
    cursors, _ = ColumnReader(SCHEMA, WANTED).read([whole, whole[:-cut], whole + b"\0", b""])
    assert cursors.bad.tolist() == [False, True, True, True]


def test_wanting_what_is_not_there_or_not_readable_is_an_error() -> None:
    with pytest.raises(UnsupportedSchemaError, match="nothing"):
        ColumnReader(SCHEMA, ("nothing",))
    with pytest.raises(UnsupportedSchemaError, match="short"):
        ColumnReader(SCHEMA, ("short",))
