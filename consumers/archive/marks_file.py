"""How far each camera of a partition is archived, kept beside the archive: too much for a commit's metadata."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import msgspec

from infra.blobs import BlobError, BlobStore

logger = logging.getLogger(__name__)

ROOT: Final = "archive/state"


def path_of(partition: int, offset: int) -> str:
    """Where the marks of a partition at an offset lie."""
    return f"{ROOT}/inspections-{partition}-{offset:020d}.json"


def write_marks(blobs: BlobStore, partition: int, offset: int, marks: Mapping[str, int]) -> None:
    """Keep the marks at an offset. Raises BlobError."""
    blobs.write_file(path_of(partition, offset), msgspec.json.encode(marks, order="sorted"))


def read_marks(blobs: BlobStore, partition: int, offset: int) -> dict[str, int]:
    """The marks at an offset; none, with a warning, when they are gone. Raises BlobError."""
    path = path_of(partition, offset)
    try:
        return msgspec.json.decode(b"".join(blobs.read_file(path)), type=dict[str, int])
    except (FileNotFoundError, msgspec.DecodeError) as error:
        logger.warning("%s/%s is not to be had (%s): repeats of older inspections may be kept", blobs.url, path, error)
        return {}


def drop_marks(blobs: BlobStore, partition: int, offset: int) -> None:
    """Forget marks that a later commit has made useless; what stays for lack of a store harms nobody."""
    with suppress(BlobError):
        blobs.delete_file(path_of(partition, offset))
