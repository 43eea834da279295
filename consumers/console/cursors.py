"""Keyset cursors: where a page ended, as an opaque word. Pages stay right while rows are added in front."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import msgspec

from consumers.console.errors import ProblemError


def write_cursor(values: Sequence[str | int | float]) -> str:
    """The word for a row's sort key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(values))).rstrip(b"=").decode()


def read_cursor(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """The sort key in a cursor, of these types; ProblemError 422 for what `write_cursor` did not make."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=list[Any])
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        values = []
    if len(values) != len(kinds) or any(type(value) is not kind for value, kind in zip(values, kinds, strict=True)):
        raise ProblemError(422, "cursor_invalid", "the cursor is none that this list gave: start at the first page")
    return tuple(values)
