"""Reads a few fields of many Avro records at once, column by column.

A record by record reader spends most of a stream processor's time on fields nobody counts. Here the bodies of a whole
bundle lie in one buffer with a cursor each, and every step of the schema moves all cursors together with numpy:
skipping a string takes the same few array operations for a thousand records as for one. Only the chosen fields become
Python values. Source of the encoding: Avro 1.11, "Binary Encoding".

A record that does not fit the schema to its last byte is left to the ordinary codec, which knows how to complain. One
difference is wanted: a string that is no UTF-8 in a field that is not chosen goes unnoticed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streams.errors import StreamsError

Ints = NDArray[np.int64]
Rows = slice | Ints
Schema = str | list[Any] | Mapping[str, Any]
ALL: Final = slice(None)
_PADDING: Final = bytes(16)
_WIDTHS: Final = {"null": 0, "boolean": 1, "float": 4, "double": 8}
_MAX_VARINT: Final = 10


class UnsupportedSchemaError(StreamsError):
    """A schema with something this reader does not know; use the codec instead."""


class Cursors:
    """Where each record is read next; `bad` marks those that ran out of bounds or made no sense."""

    def __init__(self, bodies: Sequence[bytes]) -> None:
        lengths = np.fromiter(map(len, bodies), np.int64, len(bodies))
        self.data = b"".join((*bodies, _PADDING))
        self.bytes = np.frombuffer(self.data, np.uint8)
        self.end: Ints = np.cumsum(lengths)
        self.position: Ints = self.end - lengths
        self.bad = np.zeros(len(bodies), bool)
        self._octets = np.lib.stride_tricks.sliding_window_view(self.bytes, 8)

    def mark(self, rows: Rows, wrong: NDArray[np.bool_]) -> None:
        """Note those of `rows` that are wrong, and take them out of harm's way."""
        if wrong.any():
            found = picked(rows, wrong)
            self.bad[found] = True
            self.position[found] = self.end[found]

    def advance(self, rows: Rows, size: Ints | int) -> Ints:
        """Move past `size` bytes; returns where they begin."""
        start = self.position[rows].copy()
        after = start + size
        self.position[rows] = after
        self.mark(rows, (after > self.end[rows]) | (after < start))
        return start

    def longs(self, rows: Rows) -> Ints:
        """Read a zig-zag varint."""
        at = self.position[rows].copy()
        octet = self.bytes[at].astype(np.uint64)
        value = octet & np.uint64(0x7F)
        at += 1
        going = np.flatnonzero(octet >= 0x80)
        for turn in range(1, _MAX_VARINT):
            if not going.size:
                break
            octet = self.bytes[np.minimum(at[going], self.bytes.size - 1)].astype(np.uint64)
            value[going] |= (octet & np.uint64(0x7F)) << np.uint64(7 * turn)
            at[going] += 1
            going = going[octet >= 0x80]
        self.position[rows] = at
        wrong = at > self.end[rows]
        wrong[going] = True
        self.mark(rows, wrong)
        unzigzagged: Ints = (value >> np.uint64(1)).astype(np.int64) ^ -(value & np.uint64(1)).astype(np.int64)
        return unzigzagged

    def doubles(self, rows: Rows) -> NDArray[np.float64]:
        """Read an 8-byte float."""
        return self._octets[self.advance(rows, 8)].copy().view("<f8").ravel()


def picked(rows: Rows, mask: NDArray[np.bool_]) -> Ints:
    """The indices of those rows where the mask holds."""
    return np.flatnonzero(mask) if isinstance(rows, slice) else rows[mask]


@dataclass(slots=True)
class Column:
    """The values of one chosen field; for strings `first` is where they begin and `length` -1 for null."""

    kind: str  # long, double, boolean, enum or string
    first: NDArray[Any]
    length: Ints
    symbols: tuple[str, ...] = ()


Step = Callable[[Cursors, Rows], None]


class ColumnReader:
    """Compiled for one schema and the dotted paths of the fields wanted, such as `latency.total_us`.

    Raises UnsupportedSchemaError when a wanted field is of a type that is not read here (only strings may be null).
    """

    def __init__(self, schema: Schema, wanted: Sequence[str]) -> None:
        self._wanted = frozenset(wanted)
        self._names: dict[str, Mapping[str, Any]] = {}
        self._columns: dict[str, Column] = {}
        self._kinds: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._step = self._compile(schema, "")
        absent = self._wanted - self._kinds.keys()
        if absent:
            raise UnsupportedSchemaError(f"fields {', '.join(sorted(absent))} are not in the schema")

    def read(self, bodies: Sequence[bytes]) -> tuple[Cursors, dict[str, Column]]:
        """The wanted columns; rows whose `bad` is set hold nothing of use."""
        cursors, count = Cursors(bodies), len(bodies)
        self._columns = {
            path: Column(
                kind,
                np.zeros(count, np.float64 if kind == "double" else np.int64),
                np.full(count, -1, np.int64) if kind == "string" else np.zeros(0, np.int64),
                symbols,
            )
            for path, (kind, symbols) in self._kinds.items()
        }
        self._step(cursors, ALL)
        cursors.bad |= cursors.position != cursors.end
        return cursors, self._columns

    # Compiling -------------------------------------------------------------------------------------------------------

    def _compile(self, schema: Schema, path: str) -> Step:
        if isinstance(schema, list):
            return self._union([self._compile(branch, path) for branch in schema])
        if not isinstance(schema, str):
            return self._complex(schema, path)
        return self._compile(self._names[schema], path) if schema in self._names else self._primitive(schema, path)

    def _complex(self, schema: Mapping[str, Any], path: str) -> Step:
        kind = schema["type"]
        if "name" in schema:
            self._names[schema["name"]] = schema
        if kind == "record":
            prefix = f"{path}." if path else ""
            return _sequence([self._compile(field["type"], prefix + field["name"]) for field in schema["fields"]])
        if kind == "enum":
            return self._enum(tuple(schema["symbols"]), path)
        if kind == "fixed":
            return _skip_bytes(schema["size"])
        if kind in {"array", "map"}:
            item = self._compile(schema["items" if kind == "array" else "values"], f"{path}[]")
            return _blocks(item if kind == "array" else _sequence([_skip_string, item]))
        return self._compile(kind, path)

    def _primitive(self, kind: str, path: str) -> Step:
        known = "string" if kind == "bytes" else "long" if kind == "int" else kind
        if known not in {"string", "long", *_WIDTHS}:
            raise UnsupportedSchemaError(f"{path}: type {kind} is not known here")
        if path not in self._wanted or known == "null":
            return _skip_string if known == "string" else _skip_long if known == "long" else _skip_bytes(_WIDTHS[known])
        if known == "float":
            raise UnsupportedSchemaError(f"{path}: 4-byte floats are not read here")
        self._kinds[path] = (known, ())
        readers = {"string": self._string, "long": self._long, "double": self._double, "boolean": self._boolean}
        return readers[known](path)

    def _string(self, path: str) -> Step:
        def step(cursors: Cursors, rows: Rows) -> None:
            length = cursors.longs(rows)
            column = self._columns[path]
            column.first[rows], column.length[rows] = cursors.advance(rows, length), length

        return step

    def _long(self, path: str) -> Step:
        def step(cursors: Cursors, rows: Rows) -> None:
            self._columns[path].first[rows] = cursors.longs(rows)

        return step

    def _double(self, path: str) -> Step:
        def step(cursors: Cursors, rows: Rows) -> None:
            self._columns[path].first[rows] = cursors.doubles(rows)

        return step

    def _boolean(self, path: str) -> Step:
        def step(cursors: Cursors, rows: Rows) -> None:
            value = cursors.bytes[cursors.advance(rows, 1)]
            self._columns[path].first[rows] = value
            cursors.mark(rows, value > 1)

        return step

    def _enum(self, symbols: tuple[str, ...], path: str) -> Step:
        chosen = path in self._wanted
        if chosen:
            self._kinds[path] = ("enum", symbols)

        def step(cursors: Cursors, rows: Rows) -> None:
            index = cursors.longs(rows)
            wrong = (index < 0) | (index >= len(symbols))
            if chosen:
                self._columns[path].first[rows] = np.where(wrong, 0, index)
            cursors.mark(rows, wrong)

        return step

    @staticmethod
    def _union(branches: list[Step]) -> Step:
        def step(cursors: Cursors, rows: Rows) -> None:
            branch = cursors.longs(rows)
            cursors.mark(rows, (branch < 0) | (branch >= len(branches)))
            for number, take in enumerate(branches):
                chosen = branch == number
                if chosen.all():
                    take(cursors, rows)
                elif chosen.any():
                    take(cursors, picked(rows, chosen))

        return step


def _sequence(steps: list[Step]) -> Step:
    def step(cursors: Cursors, rows: Rows) -> None:
        for one in steps:
            one(cursors, rows)

    return step


def _skip_long(cursors: Cursors, rows: Rows) -> None:
    cursors.longs(rows)


def _skip_string(cursors: Cursors, rows: Rows) -> None:
    cursors.advance(rows, cursors.longs(rows))


def _skip_bytes(size: int) -> Step:
    def step(cursors: Cursors, rows: Rows) -> None:
        if size:
            cursors.advance(rows, size)

    return step


def _blocks(item: Step) -> Step:
    """Array or map: blocks of a count and so many items, up to a count of 0; a negative count is followed by a size."""

    def step(cursors: Cursors, rows: Rows) -> None:
        open_rows = picked(rows, np.ones(cursors.position[rows].size, bool))
        while open_rows.size:
            count = cursors.longs(open_rows)
            sized = open_rows[count < 0]
            if sized.size:
                cursors.longs(sized)
                count = np.abs(count)
            # No item of ours is empty: more items than bytes left can only be garbage, and would keep us busy for ever.
            cursors.mark(open_rows, count > (cursors.end - cursors.position)[open_rows])
            going = (count > 0) & ~cursors.bad[open_rows]
            open_rows, count = open_rows[going], count[going]
            for turn in range(int(count.max(initial=0))):
                item(cursors, open_rows[count > turn])

    return step
