"""The blob store: bytes by their own hash, in a folder, on S3, or behind a blob server."""

from infra.blobs.errors import BlobCorruptError, BlobError, BlobFullError, BlobMissingError
from infra.blobs.files import Files, Stat
from infra.blobs.store import BlobStore, StoredBlob, open_blobs

__all__ = [
    "BlobCorruptError",
    "BlobError",
    "BlobFullError",
    "BlobMissingError",
    "BlobStore",
    "Files",
    "Stat",
    "StoredBlob",
    "open_blobs",
]
