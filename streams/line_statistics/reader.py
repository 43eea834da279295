"""Inspections of a whole bundle, narrowed to what is counted."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from schemas.codec import SINGLE_OBJECT_MARK
from schemas.records import Inspection
from schemas.store import fingerprint_of, parse_plain, schema_text
from streams.columns import Column, ColumnReader
from streams.line_statistics.events import Counted

# Below, a few array operations for every field cost more than reading record by record.
FEW: Final = 100
# In the order of Counted's fields.
PATHS: Final = (
    "edge_id",
    "camera_id",
    "sequence",
    "epoch",
    "captured_at_us",
    "verdict",
    "defect_class",
    "score",
    "brightness",
    "blur",
    "model.digest",
    "part_id",
    "latency.total_us",
    "deadline_missed",
)
_HEADER_SIZE: Final = 10


class BundleReader:
    """Reads bundles of inspections written with this version's schema; leaves all others to the codec."""

    def __init__(self) -> None:
        text = schema_text(Inspection)
        self._header: Final = SINGLE_OBJECT_MARK + bytes.fromhex(fingerprint_of(text))
        self._columns: Final = ColumnReader(parse_plain(text), PATHS)

    def read(self, values: Sequence[bytes | None]) -> list[Counted | None]:
        """The frame in each value; None where the codec has to look: another schema or framing, garbage, few values."""
        found: list[Counted | None] = [None] * len(values)
        ours = [index for index, value in enumerate(values) if value is not None and value.startswith(self._header)]
        if len(ours) < FEW:
            return found
        cursors, columns = self._columns.read([(values[index] or b"")[_HEADER_SIZE:] for index in ours])
        bad: list[bool] = cursors.bad.tolist()
        lists = [_values(columns[path], cursors.data, bad) for path in PATHS]
        for index, unusable, frame in zip(ours, bad, map(Counted, *lists), strict=True):
            if not unusable:
                found[index] = frame
        return found


def _values(column: Column, data: bytes, bad: list[bool]) -> Iterable[Any]:
    if column.kind == "string":
        return _strings(column, data, bad)
    values = column.first.tolist()
    if column.kind == "enum":
        return map(column.symbols.__getitem__, values)
    return map(bool, values) if column.kind == "boolean" else values


def _strings(column: Column, data: bytes, bad: list[bool]) -> list[str | None]:
    """The strings of a column; marks in `bad` the rows whose string is no UTF-8."""
    known: dict[bytes, str] = {}
    strings: list[str | None] = []
    for row, (first, length) in enumerate(zip(column.first.tolist(), column.length.tolist(), strict=True)):
        if length < 0:
            strings.append(None)
            continue
        raw = data[first : first + length]
        text = known.get(raw)
        if text is None:
            try:
                text = known[raw] = raw.decode()
            except UnicodeDecodeError:
                bad[row] = True
        strings.append(text)
    return strings
