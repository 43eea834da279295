"""Hypothesis strategies for every record."""

from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from schemas.records import Frame, Record
from schemas.store import FILES

# Avro longs are 64-bit; text must be encodable as UTF-8, which lone surrogates are not.
LONGS = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
FLOATS = st.floats(allow_nan=False)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of one annotated type."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(args)
    if origin is list:
        return st.lists(values(args[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(TEXTS, values(args[1]), max_size=3)
    if args:
        return st.one_of(*(st.none() if arg is type(None) else values(arg) for arg in args))
    if isinstance(hint, type) and issubclass(hint, Record):
        return records(hint)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        int: LONGS,
        float: FLOATS,
        str: TEXTS,
        bytes: st.binary(max_size=50),
        bool: st.booleans(),
    }
    return plain[hint]


def records(record: type[Record]) -> st.SearchStrategy[Any]:
    """Instances of one record class."""
    hints = get_type_hints(record)
    fields = {field.name: values(hints[field.name]) for field in msgspec.structs.fields(record)}
    if record is not Frame:
        return st.builds(record, **fields)
    inline = st.builds(record, **{**fields, "image": st.binary(max_size=50), "claim_check": st.none()})
    claimed = st.builds(
        record, **{**fields, "image": st.none(), "claim_check": values(hints["claim_check"]).filter(bool)}
    )
    return st.one_of(inline, claimed)


EVENTS = st.sampled_from(sorted(FILES, key=lambda record: record.__name__)).flatmap(records)
