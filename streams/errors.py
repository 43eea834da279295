"""Base of the errors of streams."""


class StreamsError(Exception):
    """A stream processor can't go on; the message says what happened and what to do."""
