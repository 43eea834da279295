"""Base of the errors of streams."""


class StreamsError(Exception):
    """A stream processor can't go on; the message says what happened and what to do."""


class TopicsMissingError(StreamsError):
    """Topics that a processor reads or writes do not exist; run `linewatch topics apply`, then start it again."""


class PoliciesUnreadError(StreamsError):
    """The edges' policies could not be read to the end; check that the broker answers, then start again."""
