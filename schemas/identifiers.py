"""Ids that are safe in topic names, keys, paths and metric labels."""

import re
from typing import Final

from schemas.errors import InvalidIdentifierError

# No dots or underscores: Kafka's metric names fold both into one. No slash: it separates the parts of a frame id.
_IDENTIFIER: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def checked_identifier(value: str, what: str) -> str:
    """Return `value` when it may serve as the id of a `what` ("edge", "camera").

    Raises InvalidIdentifierError otherwise, with the value and the rule.
    """
    if not _IDENTIFIER.fullmatch(value):
        msg = f"{what} id {value!r} is not usable: 1-63 of a-z, 0-9 and '-', first and last a letter or digit"
        raise InvalidIdentifierError(msg)
    return value


def frame_id(camera_id: str, sequence: int) -> str:
    """`<camera_id>/<sequence>`: the one name of a frame, everywhere."""
    return f"{camera_id}/{sequence}"


def parse_frame_id(value: str) -> tuple[str, int]:
    """Split a frame id into camera id and sequence; InvalidIdentifierError when it is not one."""
    camera_id, separator, digits = value.rpartition("/")
    if not separator or not digits.isascii() or not digits.isdigit():
        raise InvalidIdentifierError(f"frame id {value!r} is not '<camera_id>/<sequence>'")
    return checked_identifier(camera_id, "camera"), int(digits)
