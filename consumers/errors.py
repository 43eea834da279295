"""Base of the errors of consumers."""


class ConsumersError(Exception):
    """An edge, a trainer or another consumer failed; the message says what happened and what to do."""
