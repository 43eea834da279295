"""What can go wrong with the archive and the care of the blob store."""

from consumers.errors import ConsumersError


class ArchiveError(ConsumersError):
    """Base of every error of the archive."""


class PartitionLostError(ArchiveError):
    """Another process of the group has the partition now; what was not committed is its to do."""


class PinError(ArchiveError):
    """A span of time that can't be pinned or released; correct edge and times as the message says."""


class TokenError(ArchiveError):
    """A token of the blob server that can't be made, found or read; the message says which file."""


class CollectionRefusedError(ArchiveError):
    """gc can't know all that is referenced, and so removes nothing; mend what the message names, then try again."""
