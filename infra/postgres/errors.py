"""What can go wrong with a private PostgreSQL. Each message ends with what to do about it."""

from infra.errors import InfraError

__all__ = ["PostgresError", "PostgresMissingError", "PostgresStartError"]


class PostgresError(InfraError):
    """Base of the errors around PostgreSQL."""


class PostgresMissingError(PostgresError):
    """There is no PostgreSQL on this machine and none could be fetched. Install the package `postgresql`."""


class PostgresStartError(PostgresError):
    """PostgreSQL ended or did not get ready. Read the log named in the message."""
