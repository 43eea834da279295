"""Kafka headers of an event: CloudEvents binary mode and W3C trace context.

Sources: CloudEvents 1.0.2 Kafka protocol binding, section 3.2; W3C Trace Context, section 3.2.
"""

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

from schemas.errors import DecodeError
from schemas.records.base import Record

HeaderValue = str | bytes | None
HeaderPairs = list[tuple[str, str | bytes | None]]
CONTENT_TYPE: Final = b"application/avro"
_TRACEPARENT: Final = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


def event_type(record: type[Record]) -> str:
    """`linewatch.<record>` in lower camel case without namespace: the CloudEvents type."""
    return f"linewatch.{record.__name__}"


def event_headers(record: Record, *, event_id: str, source: str, traceparent: str | None = None) -> HeaderPairs:
    """The headers of one event; `source` is a URI reference such as `/edges/press-1`."""
    headers: HeaderPairs = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_type", event_type(type(record)).encode()),
        ("ce_source", source.encode()),
        ("content-type", CONTENT_TYPE),
    ]
    if traceparent is not None:
        headers.append(("traceparent", traceparent.encode()))
    return headers


def trace_of(frame_id: str, span: str) -> str:
    """A traceparent whose trace is the frame's and whose span is a stage's; hashes, so a replay names the same ones."""
    trace_id = sha256(frame_id.encode()).hexdigest()[:32]
    span_id = sha256(f"{frame_id}#{span}".encode()).hexdigest()[:16]
    return f"00-{trace_id}-{span_id}-01"


def read_headers(pairs: Mapping[str, HeaderValue] | Iterable[tuple[str, HeaderValue]] | None) -> dict[str, bytes]:
    """Headers as a mapping; of a repeated name the last one counts, a null value becomes empty."""
    items = pairs.items() if isinstance(pairs, Mapping) else pairs or ()
    return {name: value.encode() if isinstance(value, str) else value or b"" for name, value in items}


def read_traceparent(headers: dict[str, bytes]) -> str | None:
    """The traceparent of an event, None when there is none; DecodeError when it is malformed."""
    value = headers.get("traceparent")
    if value is None:
        return None
    if not _TRACEPARENT.fullmatch(value):
        raise DecodeError(f"header traceparent {value!r} is not '00-<32 hex>-<16 hex>-<2 hex>' (W3C Trace Context)")
    return value.decode()
