"""Mark and sweep of the blob store: only what is old and named nowhere goes."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from consumers.archive.errors import CollectionRefusedError
from consumers.archive.references import Piece, digests_in
from infra.blobs import BlobStore, StoredBlob
from infra.blobs.store import FRESH_S

GRACE_S: Final = 24 * 3600.0
"""A blob younger than this stays: what will name it may still be on its way."""
LEAST_GRACE_S: Final = 2 * FRESH_S
"""Less would not cover that a blob put again within FRESH_S keeps its time."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What `find_unreferenced` found. Sizes in bytes."""

    blobs: tuple[StoredBlob, ...]  # unreferenced and older than the grace age, oldest first
    cutoff: float  # Unix seconds: what was written later stays
    total: int  # blobs in the store
    total_size: int
    young: int  # unlooked at, as they are younger than the grace age

    @property
    def size(self) -> int:
        """Bytes that would come free."""
        return sum(blob.size for blob in self.blobs)


def find_unreferenced(
    blobs: BlobStore, references: Iterable[Piece], grace_s: float = GRACE_S, now: float | None = None
) -> Candidates:
    """Mark: list the old blobs, then take out each that is named anywhere.

    Listing comes first, so a blob that is stored meanwhile is no candidate. Memory: some 300 bytes an old blob.

    Raises:
        CollectionRefusedError: too short a grace age, or references that can't be read whole.
        BlobError: the store does not answer.
    """
    if grace_s < LEAST_GRACE_S:
        raise CollectionRefusedError(
            f"--older-than {grace_s / 3600:g} h is too short: blobs in use are only known as such after "
            f"{LEAST_GRACE_S / 3600:g} h"
        )
    cutoff = (time.time() if now is None else now) - grace_s
    candidates: dict[str, StoredBlob] = {}
    total = total_size = young = 0
    for blob in blobs.blobs():
        total, total_size = total + 1, total_size + blob.size
        if blob.modified >= cutoff:
            young += 1
        else:
            candidates[blob.digest] = blob
    for piece in references:
        for digest in digests_in(piece.data):
            candidates.pop(digest, None)
    oldest_first = tuple(sorted(candidates.values(), key=lambda blob: (blob.modified, blob.digest)))
    return Candidates(oldest_first, cutoff, total, total_size, young)


def sweep(blobs: BlobStore, candidates: Candidates) -> tuple[StoredBlob, ...]:
    """Remove the candidates; gives those removed. One that was put again meanwhile stays. Raises BlobError."""
    removed = []
    for blob in candidates.blobs:
        now = blobs.find(blob.digest)
        if now is not None and now.modified < candidates.cutoff:
            blobs.remove(blob.digest)
            removed.append(blob)
    return tuple(removed)
