"""A ZIP archive as a stream: nothing but the file at hand is ever in memory."""

import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import IO, Final, cast

# Images are compressed already: packing them again would cost the processor and save nothing.
_PACKED: Final = frozenset({"json", "jsonl", "txt", "xml", "yaml", "csv"})
_CHUNK: Final = 1 << 20


class _Sink:
    """What zipfile writes to: it can't seek, so sizes follow each file's data (APPNOTE 4.4.4, bit 3)."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> int:
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def flush(self) -> None:
        """Nothing waits."""

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def zip_chunks(entries: Iterable[tuple[str, bytes]], written_at: datetime | None = None) -> Iterator[bytes]:
    """The archive of files (name, bytes), piece by piece, in their order; ZIP64 where it must be."""
    at = (written_at or datetime.now(UTC)).timetuple()[:6]
    sink = _Sink()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", allowZip64=True) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name, at)
            packed = name.rpartition(".")[2].lower() in _PACKED
            info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            with archive.open(info, "w", force_zip64=len(data) > zipfile.ZIP64_LIMIT // 2) as file:
                for start in range(0, len(data), _CHUNK):
                    file.write(data[start : start + _CHUNK])
                    yield sink.taken()
    yield sink.taken()
