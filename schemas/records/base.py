"""What every record has in common."""

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """An immutable, typed value with an Avro schema of the same field names in schemas/avro.

    msgspec builds and converts these in C: a nested dataclass would cost more than the Avro codec itself.
    """
