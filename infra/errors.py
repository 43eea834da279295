"""The base of every error that infra raises; each part of infra adds its own below it."""

__all__ = ["InfraError"]


class InfraError(Exception):
    """Something linewatch runs on failed; the message says what happened, with which value, and what to do."""
