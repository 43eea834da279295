import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import Codec
from schemas.confluent import open_confluent
from schemas.errors import DecodeError, EncodeError, UnknownSchemaError
from schemas.records import Frame, Inspection, Record, Tick
from schemas.store import FILES, SchemaStore, fingerprint_of, schema_text
from tests.schemas.strategies import EVENTS, records

CODEC = Codec()
REGISTRY = Codec(confluent=open_confluent({"url": "mock://tests"}))


@given(EVENTS)
def test_any_record_comes_back_as_it_was(record: Record) -> None:
    assert CODEC.decode(CODEC.encode(record), type(record)) == record


@given(EVENTS)
def test_any_record_comes_back_through_a_registry(record: Record) -> None:
    data = REGISTRY.encode(record)
    assert data[:1] == b"\x00"
    assert REGISTRY.decode(data, type(record)) == record


@given(records(Tick))
def test_readers_take_both_framings(tick: Tick) -> None:
    assert REGISTRY.decode(CODEC.encode(tick), Tick) == tick


@given(st.sampled_from(sorted(FILES, key=lambda record: record.__name__)), st.binary(max_size=300))
def test_garbage_raises_one_clear_error(record: type[Record], garbage: bytes) -> None:
    header = b"\xc3\x01" + bytes.fromhex(fingerprint_of(schema_text(record)))
    for data in (garbage, b"\xc3\x01" + garbage, b"\x00" + garbage, header + garbage):
        for codec in (CODEC, REGISTRY):
            with suppress(DecodeError):  # and no other
                codec.decode(data, record)


@given(records(Inspection), st.data())
def test_a_cut_off_record_is_never_taken_for_a_whole_one(inspection: Inspection, data: st.DataObject) -> None:
    encoded = CODEC.encode(inspection)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    with pytest.raises(DecodeError):
        CODEC.decode(encoded[:cut], Inspection)


def test_bytes_after_the_record_are_refused() -> None:
    with pytest.raises(DecodeError, match="followed by 1 bytes"):
        CODEC.decode(CODEC.encode(Tick(at_us=1)) + b"x", Tick)


def test_null_is_no_record() -> None:
    with pytest.raises(DecodeError, match="empty value where Tick"):
        CODEC.decode(None, Tick)


def test_a_confluent_record_without_a_registry_says_what_to_set() -> None:
    with pytest.raises(UnknownSchemaError, match="schema_registry_url"):
        CODEC.decode(b"\x00\x00\x00\x00\x01\x02", Tick)


def test_a_value_outside_the_schema_is_an_encode_error() -> None:
    with pytest.raises(EncodeError, match="Tick does not fit"):
        CODEC.encode(Tick(at_us=2**63))


class _Source:
    def __init__(self, *texts: str) -> None:
        self.texts = {fingerprint_of(text): text for text in texts}
        self.asked: list[str] = []

    def find(self, fingerprint_hex: str) -> str | None:
        self.asked.append(fingerprint_hex)
        return self.texts.get(fingerprint_hex)


def _future_tick() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(schema_text(Tick))
    schema["fields"].append({"name": "leap", "type": "boolean", "default": False})
    return schema


def test_a_newer_writers_record_is_read_through_the_schema_source() -> None:
    import io

    from fastavro import parse_schema, schemaless_writer

    text = json.dumps(_future_tick())
    body = io.BytesIO()
    schemaless_writer(body, parse_schema(json.loads(text)), {"at_us": 7, "leap": True})
    data = b"\xc3\x01" + bytes.fromhex(fingerprint_of(text)) + body.getvalue()

    late = _Source()
    codec = Codec(SchemaStore(late))
    with pytest.raises(UnknownSchemaError, match=fingerprint_of(text)):
        codec.decode(data, Tick)
    late.texts[fingerprint_of(text)] = text  # published meanwhile: an unknown schema is looked up again
    assert codec.decode(data, Tick) == Tick(at_us=7)
    codec.decode(data, Tick)
    assert len(late.asked) == 2


def test_a_frame_has_either_bytes_or_a_claim_check() -> None:
    rest: dict[str, Any] = {
        "edge_id": "e",
        "camera_id": "c",
        "sequence": 0,
        "epoch": 1,
        "captured_at_us": 0,
        "monotonic_ns": 0,
        "sha256": "",
        "size": 0,
        "content_type": "",
    }
    with pytest.raises(ValueError, match="c/0: exactly one of image and claim_check"):
        Frame(**rest)
