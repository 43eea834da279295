"""What can go wrong at an edge."""

from consumers.errors import ConsumersError


class EdgeError(ConsumersError):
    """Base of every error that an edge raises."""


class SessionFailedError(EdgeError):
    """A run of the pipeline ended before it was told to; the edge starts another one from its committed offsets."""


class StatementRefusedError(EdgeError):
    """A statement this edge does not follow; correct it and sign it again with a higher revision."""


class ModelUnusableError(EdgeError):
    """A model that can't be loaded or fails its golden set here; the one before goes on, `edge-reported` says why."""


class EdgeStateError(EdgeError):
    """The edge's own state file can't be read or written; look at data_dir and its free space."""
