"""What the offset commit of an inspections partition says beside the offset (docs/decisions/0017-archive.md).

Before files of a range of offsets are written, the commit at its start is given the range's end and a name: whoever
comes after a kill writes the same range to the same names. At the end of a range it says that marks were kept.
"""

import logging
from typing import Final

import msgspec

logger = logging.getLogger(__name__)

_LIMIT: Final = 4096  # bytes of metadata a broker takes with a commit


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The metadata of a commit at offset `first` of a partition."""

    until: int | None = None  # end of the range that is being written; null when nothing is
    run: str = ""  # part of the names of its files
    marked: bool = False  # the marks at this offset are in the store


def encode_plan(plan: Plan) -> str:
    """As commit metadata."""
    return msgspec.json.encode(plan).decode()


def decode_plan(metadata: str | None) -> Plan:
    """The plan of a commit; an empty one for metadata that is not ours, as after a reset by Kafka's own tools."""
    if not metadata:
        return Plan()
    try:
        return msgspec.json.decode(metadata[:_LIMIT], type=Plan)
    except msgspec.DecodeError as error:
        logger.warning("commit metadata %.80r is not ours (%s): inspections may be archived twice", metadata, error)
        return Plan()
