"""What can go wrong with a contract."""


class SchemasError(Exception):
    """Base of every error that the contracts raise."""


class InvalidIdentifierError(SchemasError, ValueError):
    """An id that can't name a topic, a key or a folder; choose another one, as the message says."""


class DecodeError(SchemasError):
    """Bytes that are no record of ours; send them to `dead-letters` with this error's text as the reason."""


class UnknownSchemaError(DecodeError):
    """Bytes framed with a schema nobody here knows; run the writer's `linewatch topics apply`, then replay."""


class EncodeError(SchemasError):
    """A record whose values don't fit its schema: a bug in the caller, never bad luck."""


class IncompatibleSchemaError(SchemasError):
    """An .avsc changed in a way that some reader can't follow; add a field with a default instead."""
