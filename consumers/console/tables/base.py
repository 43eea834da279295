"""What every table has in common: names of constraints, column types that both databases have."""

from typing import Annotated, Any, Final

from sqlalchemy import JSON, BigInteger, Integer, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column

# Names that a migration can rely on, on both databases.
_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def projected(rule: str) -> dict[str, str]:
    """`info` of a table that holds what topics say: dropped and filled again by a rebuild.

    `rule` says which of several rows with one primary key stays: the `first`, the `last`, or the one with the greatest
    value in the column of that name (of equals the last).
    """
    return {"projected": rule}


BigId = BigInteger().with_variant(Integer, "sqlite")
"""A primary key that counts up by itself on both databases."""
Micros = Annotated[int, mapped_column(BigInteger)]
"""A time, Unix microseconds."""
Count = Annotated[int, mapped_column(BigInteger)]
_JSON: Final = JSON(none_as_null=True)
JsonObject = Annotated[dict[str, Any], mapped_column(_JSON)]
JsonList = Annotated[list[Any], mapped_column(_JSON)]


class Base(DeclarativeBase):
    """Base of every table of the console. Add yours in `tables/<name>.py`, to `tables/every.py` and a migration."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {str: Text}  # noqa: RUF012 - SQLAlchemy reads it as it is
