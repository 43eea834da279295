"""Records to bytes and back: Avro single-object encoding by default, Confluent framing on request.

Single-object encoding (Avro 1.11, "Single-object encoding"): C3 01, the schema's CRC-64-AVRO fingerprint in little
endian, the body. Confluent framing: 00, a registry's id in four bytes, the body. Readers take both.
"""

import io
from typing import Any, Final, Protocol, TypeVar, cast

import msgspec
from fastavro import schemaless_reader, schemaless_writer

from schemas.errors import DecodeError, EncodeError, UnknownSchemaError
from schemas.records import Record
from schemas.store import Schema, SchemaStore, fingerprint_of, parse_plain, schema_text

R = TypeVar("R", bound=Record)
SINGLE_OBJECT_MARK: Final = b"\xc3\x01"
CONFLUENT_MARK: Final = b"\x00"
_HEADER_SIZE: Final = 10
_KEPT_TYPES: Final = (bytes,)


class ConfluentFraming(Protocol):
    """The registry side of Confluent framing; see schemas.confluent."""

    def encode(self, record: Record) -> bytes: ...

    def decode(self, data: bytes, record: type[Record]) -> dict[str, Any]: ...


class _Format:
    """What encoding one record type needs, worked out once."""

    __slots__ = ("fingerprint", "header", "schema")

    def __init__(self, record: type[Record]) -> None:
        text = schema_text(record)
        self.fingerprint: str = fingerprint_of(text)
        self.header: bytes = SINGLE_OBJECT_MARK + bytes.fromhex(self.fingerprint)
        self.schema: Schema = parse_plain(text)


class Codec:
    """Encodes and decodes every record of schemas/avro.

    With `confluent` given, encoding uses Confluent framing; decoding takes either framing whatever is given.
    Safe to share between threads.
    """

    def __init__(self, store: SchemaStore | None = None, confluent: ConfluentFraming | None = None) -> None:
        self._store = store or SchemaStore()
        self._confluent = confluent
        self._formats: dict[type[Record], _Format] = {}

    def encode(self, record: Record) -> bytes:
        """The framed bytes; EncodeError when a value does not fit the schema."""
        if self._confluent is not None:
            return self._confluent.encode(record)
        form = self._format(type(record))
        buffer = io.BytesIO()
        buffer.write(form.header)
        try:
            schemaless_writer(buffer, form.schema, msgspec.to_builtins(record, builtin_types=_KEPT_TYPES))
        except (ValueError, TypeError, OverflowError, AttributeError, KeyError) as error:
            raise EncodeError(f"{type(record).__name__} does not fit its schema: {error}") from error
        return buffer.getvalue()

    def decode(self, data: bytes | None, record: type[R]) -> R:
        """The record in `data`; DecodeError for anything that is not exactly one `record`."""
        if not data:
            raise DecodeError(f"empty value where {record.__name__} was expected")
        values = self._values(data, record)
        try:
            return msgspec.convert(values, record)
        except (msgspec.ValidationError, ValueError) as error:
            raise DecodeError(f"{record.__name__} with impossible values: {error}") from error

    def _values(self, data: bytes, record: type[Record]) -> dict[str, Any]:
        if data[:2] == SINGLE_OBJECT_MARK:
            return self._single_object(data, record)
        if data[:1] == CONFLUENT_MARK:
            if self._confluent is None:
                raise UnknownSchemaError("Confluent framing, but no schema_registry_url is set to look its schema up")
            return self._confluent.decode(data, record)
        raise DecodeError(f"{record.__name__} expected, but the first bytes {data[:4].hex(' ')} are no known framing")

    def _single_object(self, data: bytes, record: type[Record]) -> dict[str, Any]:
        if len(data) < _HEADER_SIZE:
            raise DecodeError(f"{record.__name__} cut off after {len(data)} bytes, inside the header")
        form = self._format(record)
        if data.startswith(form.header):
            return read_body(data, _HEADER_SIZE, form.schema, None, record)
        writer = self._store.parsed(data[2:_HEADER_SIZE].hex())
        return read_body(data, _HEADER_SIZE, writer, form.schema, record)

    def _format(self, record: type[Record]) -> _Format:
        form = self._formats.get(record)
        if form is None:
            form = self._formats[record] = _Format(record)
        return form


def read_body(data: bytes, start: int, writer: Schema, reader: Schema | None, record: type[Record]) -> dict[str, Any]:
    """The Avro body from `start` to the very end of `data`; DecodeError for anything else."""
    buffer = io.BytesIO(data)
    buffer.seek(start)
    try:
        values = schemaless_reader(buffer, writer, reader)
    except Exception as error:  # garbage makes fastavro raise almost anything, EOFError to MemoryError
        raise DecodeError(f"{record.__name__} unreadable: {type(error).__name__} {error}".rstrip()) from error
    if buffer.tell() != len(data):
        raise DecodeError(f"{record.__name__} followed by {len(data) - buffer.tell()} bytes that belong to nothing")
    return cast("dict[str, Any]", values)
