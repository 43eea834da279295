"""What can go wrong with the blob store."""

from infra.errors import InfraError


class BlobError(InfraError):
    """The blob store can't be reached or written; look at blob_url, its credentials and free space, then try again."""


class BlobMissingError(BlobError):
    """A blob is not in the store: it was collected, or another blob_url is set than where it was written."""


class BlobCorruptError(BlobError):
    """A blob's bytes are not those its hash names; restore it from a copy."""


class BlobFullError(BlobError):
    """The blob store has no room left; free some (`linewatch blobs gc`) or make it larger, then try again."""
