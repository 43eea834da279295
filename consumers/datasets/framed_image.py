"""Finds the image inside an encoded frame without decoding the record: a slice of the message, nothing copied.

Decoding a frame copies its image twice; who wants only the bytes, and compares their sha256 with the one asked for,
need not pay that. Source of the layout: Avro 1.11, "Binary Encoding".
"""

import json
from typing import Final

from schemas.codec import SINGLE_OBJECT_MARK
from schemas.records import Frame
from schemas.store import fingerprint_of, schema_text

_HEADER: Final = SINGLE_OBJECT_MARK + bytes.fromhex(fingerprint_of(schema_text(Frame)))
_BYTES_BRANCH: Final = 0x02  # of the union [null, bytes]: branch 1, zigzag


def _kinds_before_image() -> tuple[bool, ...]:
    """For each field in front of `image`, whether it is a string; the others are longs."""
    fields = json.loads(schema_text(Frame))["fields"]
    names = [field["name"] for field in fields]
    image = fields[names.index("image")]
    kinds = [field["type"]["type"] if isinstance(field["type"], dict) else field["type"] for field in fields]
    before = kinds[: names.index("image")]
    if image["type"] != ["null", "bytes"] or not set(before) <= {"string", "long"}:
        raise ValueError(
            f"frame.avsc changed in front of its image ({before}, {image['type']}): change this module too"
        )
    return tuple(kind == "string" for kind in before)


_STRINGS: Final = _kinds_before_image()


def image_within(value: bytes | None) -> memoryview | None:
    """The image bytes inside an encoded Frame of this version's schema in single-object framing.

    None when the value is anything else, is cut off, or holds a claim check: the codec then says what it is. What lies
    behind the image is not looked at, so compare the sha256 of what you get with the one you asked for.
    """
    if value is None or not value.startswith(_HEADER):
        return None
    try:
        at = len(_HEADER)
        for is_string in _STRINGS:
            if is_string:
                length, at = _long(value, at)
                if length < 0:
                    return None
                at += length
            else:
                while value[at] & 0x80:
                    at += 1
                at += 1
        if value[at] != _BYTES_BRANCH:
            return None
        length, at = _long(value, at + 1)
    except IndexError:
        return None
    end = at + length
    return memoryview(value)[at:end] if at <= end <= len(value) else None


def _long(value: bytes, at: int) -> tuple[int, int]:
    """The zigzag varint at `at` and where it ends."""
    byte = value[at]
    found, shift = byte & 0x7F, 7
    while byte & 0x80:
        at += 1
        byte = value[at]
        found |= (byte & 0x7F) << shift
        shift += 7
    return (found >> 1) ^ -(found & 1), at + 1
