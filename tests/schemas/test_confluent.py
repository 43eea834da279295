import json

import pytest

from schemas.confluent import open_confluent, plain_text
from schemas.errors import DecodeError, EncodeError
from schemas.records import Tick
from schemas.store import schema_text


def test_subjects_are_record_names_so_that_topics_may_come_with_edges() -> None:
    from confluent_kafka.schema_registry import SchemaRegistryClient

    from schemas.confluent import RegistryFraming

    client = SchemaRegistryClient.new_client({"url": "mock://subjects"})
    RegistryFraming(client).encode(Tick(at_us=1))
    assert client.get_subjects() == ["linewatch.Tick"]


def test_an_id_the_registry_does_not_know_is_a_decode_error() -> None:
    with pytest.raises(DecodeError, match="Tick not decoded through the registry"):
        open_confluent({"url": "mock://empty"}).decode(b"\x00\x00\x00\x00\x63\x02", Tick)


def test_a_value_outside_the_schema_is_an_encode_error() -> None:
    with pytest.raises(EncodeError, match="Tick not encoded for the registry"):
        open_confluent({"url": "mock://range"}).encode(Tick(at_us=2**70))


def test_plain_text_only_drops_logical_types() -> None:
    plain = json.loads(plain_text(schema_text(Tick)))
    assert plain["fields"][0]["name"] == "at_us"
    assert "logicalType" not in json.dumps(plain)
