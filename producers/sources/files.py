"""Image files as a source: one file, a folder or a glob. Bytes are published exactly as they lie on disk."""

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Final, NamedTuple

from producers.errors import HeaderError, SourceError
from producers.sources.annotations import FolderTruth
from producers.sources.headers import ImageHeader, read_header
from producers.sources.source import SYSTEM_CLOCK, BrokenImage, Capture, Clock

MAX_FILE_BYTES: Final = 256_000_000  # an uncompressed 80-megapixel image; more is a mistake, and would fill memory
_EVIDENCE_BYTES: Final = 64_000  # of a file that is too large: enough to see what it is
_PIECE_BYTES: Final = 2**20


class Loaded(NamedTuple):
    """A file that is an image, as far as its header says."""

    image: bytes  # the whole file
    header: ImageHeader  # format and size


class Unreadable(NamedTuple):
    """A file that is none."""

    reason: str  # what is wrong
    raw: bytes  # its bytes, or the first of them
    size: int | None  # bytes of the file, None when unknown


def load(path: Path, max_bytes: int = MAX_FILE_BYTES) -> Loaded | Unreadable:
    """Read the image at `path`, of at most `max_bytes` bytes; whatever is wrong with it is returned, not raised."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a named pipe would wait for its writer for ever
            return Unreadable("it is a folder" if stat.S_ISDIR(status.st_mode) else "it is no regular file", b"", None)
        with path.open("rb", buffering=0) as file:  # read right into its place
            if status.st_size > max_bytes:
                return _too_large(status.st_size, max_bytes, file.read(_EVIDENCE_BYTES))
            # Asking for the most that is allowed would make room for it, which takes longer than reading.
            image = file.read(status.st_size + 1)
            while status.st_size != len(image) <= max_bytes and (more := file.read(_PIECE_BYTES)):
                image += more  # it has grown since its size was asked, or came in pieces
    except OSError as error:
        return Unreadable(f"it can't be read: {error.strerror or error}", b"", None)
    if len(image) > max_bytes:
        return _too_large(len(image), max_bytes, image)
    try:
        return Loaded(image, read_header(image))
    except HeaderError as error:
        return Unreadable(str(error), image, len(image))


def _too_large(size: int, max_bytes: int, found: bytes) -> Unreadable:
    return Unreadable(f"it has {size} bytes, more than the {max_bytes} allowed", found[:_EVIDENCE_BYTES], size)


def checked_position(position: int) -> int:
    """Return `position` when it is an index; SourceError when it is negative."""
    if position < 0:
        raise SourceError(f"position {position} is negative; the first image has position 0")
    return position


class FileSource:
    """Image files in a fixed order. Replayable: the index in the list is the position."""

    replayable = True

    def __init__(
        self,
        files: Sequence[Path],
        description: str,
        *,
        root: Path | None = None,
        clock: Clock = SYSTEM_CLOCK,
        max_bytes: int = MAX_FILE_BYTES,
    ) -> None:
        self._files = tuple(files)
        self.description = f"{description} ({len(self._files)} files)"
        self._clock = clock
        self._max_bytes = max_bytes
        self._truth = FolderTruth(root)
        self._closed = Event()

    @property
    def length(self) -> int:
        """How many files there are."""
        return len(self._files)

    def open(self, position: int = 0) -> Iterator[Capture | BrokenImage]:
        """Yield file after file from `position` on; ends at once when that lies behind the last file."""
        for index in range(checked_position(position), len(self._files)):
            if self._closed.is_set():
                return
            yield self._read(index)

    def close(self) -> None:
        """End every iteration before its next file."""
        self._closed.set()

    def _read(self, index: int) -> Capture | BrokenImage:
        path = self._files[index]
        loaded = load(path, self._max_bytes)
        if isinstance(loaded, Unreadable):
            return BrokenImage(origin=str(path), reason=loaded.reason, raw=loaded.raw, size=loaded.size, position=index)
        return self._capture(path, index, loaded)

    def _capture(self, path: Path, index: int, loaded: Loaded) -> Capture:
        annotation = self._truth.of(path)
        taken = self._clock.now()
        return Capture(
            image=loaded.image,
            content_type=loaded.header.content_type,
            captured_at_us=taken.unix_us,
            monotonic_ns=taken.monotonic_ns,
            origin=str(path),
            whole_file=True,
            position=index,
            width=loaded.header.width,
            height=loaded.header.height,
            part_id=annotation.part_id if annotation else None,
            product=annotation.product if annotation else None,
            truth=annotation.truth if annotation else None,
        )
