"""Confluent framing through confluent-kafka's own serializers, against any compatible registry."""

from collections.abc import Mapping
from typing import Any

import msgspec

from schemas.errors import DecodeError, EncodeError
from schemas.records import Record
from schemas.store import schema_text


class RegistryFraming:
    """One serializer and one deserializer for each record; subjects are record names, as topics come with edges."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._serializers: dict[type[Record], Any] = {}
        self._deserializers: dict[type[Record], Any] = {}

    def encode(self, record: Record) -> bytes:
        """The framed bytes; EncodeError when the registry refuses the schema or a value does not fit."""
        serializer = self._serializers.get(type(record))
        if serializer is None:
            serializer = self._serializers[type(record)] = self._serializer(type(record))
        try:
            return bytes(serializer(record, _context(type(record))))
        except Exception as error:  # registry, network and Avro errors share no base
            raise EncodeError(f"{type(record).__name__} not encoded for the registry: {error}") from error

    def decode(self, data: bytes, record: type[Record]) -> dict[str, Any]:
        """The values, resolved to this version's schema; DecodeError when the id is unknown or the body is garbage."""
        deserializer = self._deserializers.get(record)
        if deserializer is None:
            deserializer = self._deserializers[record] = self._deserializer(record)
        try:
            return dict(deserializer(data, _context(record)))
        except Exception as error:  # registry, network and Avro errors share no base
            raise DecodeError(f"{record.__name__} not decoded through the registry: {error}") from error

    def _serializer(self, record: type[Record]) -> Any:
        from confluent_kafka.schema_registry import record_subject_name_strategy
        from confluent_kafka.schema_registry.avro import AvroSerializer

        return AvroSerializer(
            self._client,
            plain_text(schema_text(record)),
            to_dict=lambda value, _: msgspec.to_builtins(value, builtin_types=(bytes,)),
            conf={"subject.name.strategy": record_subject_name_strategy},
        )

    def _deserializer(self, record: type[Record]) -> Any:
        from confluent_kafka.schema_registry.avro import AvroDeserializer

        return AvroDeserializer(self._client, plain_text(schema_text(record)))


def _context(record: type[Record]) -> Any:
    from confluent_kafka.serialization import MessageField, SerializationContext

    # The subject is the record's name, so the topic named here decides nothing; the serializers insist on one.
    return SerializationContext(record.__name__, MessageField.VALUE)


def plain_text(text: str) -> str:
    """A schema's JSON without logical types, so that times stay integers whatever serializer reads it."""
    plain = msgspec.json.decode(text)
    return msgspec.json.encode(_plain(plain)).decode()


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items() if key != "logicalType"}
    if isinstance(node, list):
        return [_plain(item) for item in node]
    return node


def open_confluent(config: Mapping[str, str]) -> RegistryFraming:
    """Framing over the registry at `config["url"]`; `mock://` gives confluent-kafka's in-memory registry for tests."""
    from confluent_kafka.schema_registry import SchemaRegistryClient

    return RegistryFraming(SchemaRegistryClient.new_client(dict(config)))
