"""Reads every blob again and compares it with its name."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from infra.blobs import BlobMissingError, BlobStore, StoredBlob


@dataclass(frozen=True, slots=True)
class Checked:
    """A blob that was read; `actual` is what its bytes hash to."""

    blob: StoredBlob
    actual: str

    @property
    def sound(self) -> bool:
        """Whether the bytes are those its name promises."""
        return self.actual == self.blob.digest


def verify_blobs(blobs: BlobStore) -> Iterator[Checked]:
    """Hash every blob, one chunk in memory at a time; one that is collected meanwhile is left out. BlobError."""
    for blob in blobs.blobs():
        digest = sha256()
        try:
            for chunk in blobs.open_range(blob.check, 0):
                digest.update(chunk)
        except BlobMissingError:
            continue
        yield Checked(blob, digest.hexdigest())
