"""Rows by many keys of several columns, found through the index of these columns on either database."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, cast, func, select, tuple_
from sqlalchemy.orm import Session


def is_one_of(session: Session, columns: Sequence[Any], keys: Iterable[Sequence[Any]]) -> ColumnElement[bool]:
    """The condition that `columns`, the first of an index, hold one of `keys`: words and integers in their order.

    SQLite looks through the whole table for `(a, b) IN (VALUES ...)`, and takes the index for `(a, b) IN (SELECT ...)`
    of the columns' own types. The keys are one parameter, so the statement is the same for any number of them.
    """
    if session.get_bind().dialect.name != "sqlite":
        return tuple_(*columns).in_([tuple(key) for key in keys])
    given = func.json_each(msgspec.json.encode(list(keys)).decode()).table_valued("value")
    values = (
        cast(func.json_extract(given.c.value, f"$[{place}]"), column.type) for place, column in enumerate(columns)
    )
    return tuple_(*columns).in_(select(*values))
