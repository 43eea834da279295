import json

import pytest

from schemas.errors import SchemasError, UnknownSchemaError
from schemas.records import Box, Tick
from schemas.store import FILES, SchemaStore, committed_history, fingerprint_of, parse_plain, schema_text


def test_every_schema_in_force_is_in_the_history() -> None:
    assert {fingerprint_of(schema_text(record)) for record in FILES} <= set(committed_history())


def test_the_fingerprint_is_that_of_the_avro_specification() -> None:
    # CRC-64-AVRO of "null" is 0x63dd24e7cc258f8a; single-object encoding has it in little endian.
    assert fingerprint_of('"null"') == bytes.fromhex("63dd24e7cc258f8a")[::-1].hex()


def test_without_logical_types_the_fingerprint_is_the_same() -> None:
    text = schema_text(Tick)
    assert "timestamp-micros" in text
    assert "logicalType" not in json.dumps(parse_plain(text))
    assert fingerprint_of(json.dumps(parse_plain(text))) == fingerprint_of(text)


def test_a_record_that_only_travels_inside_others_has_no_file() -> None:
    with pytest.raises(SchemasError, match=r"Box has no \.avsc"):
        schema_text(Box)


def test_an_unknown_fingerprint_says_where_it_was_looked_for() -> None:
    with pytest.raises(UnknownSchemaError, match="0011223344556677 is not in the history of this version"):
        SchemaStore().parsed("0011223344556677")
