"""The blob store: bytes by their own hash, on a disk or any store that fsspec speaks to."""

import re
import uuid
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

import fsspec

from infra.errors import InfraError
from infra.settings import Settings
from schemas.records import ClaimCheck

_CHUNK: Final = 1 << 20
_REFERENCE: Final = re.compile(r"sha256:([0-9a-f]{64})")


class BlobError(InfraError):
    """The blob store can't be reached or written; look at blob_url, its credentials and free space, then try again."""


class BlobMissingError(BlobError):
    """A blob is not in the store: it was collected, or another blob_url is set than where it was written."""


class BlobCorruptError(BlobError):
    """A blob's bytes are not those its hash names; restore it from a copy."""


class BlobStore:
    """Content-addressed blobs below one URL; the same bytes are stored once. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise BlobError(f"blob_url {url!r} is not usable: {error}") from error
        self.url = url

    def put(self, data: bytes) -> ClaimCheck:
        """Store bytes; returns once they are there whole."""
        digest = sha256(data).hexdigest()
        if not self._is_whole(digest, len(data)):
            self._write(digest, iter((data,)))
        return ClaimCheck(reference=f"sha256:{digest}", sha256=digest, size=len(data))

    def put_file(self, path: Path) -> ClaimCheck:
        """Store a file, chunk by chunk."""
        with path.open("rb") as file:
            digest = _digest_of(file)
            size = file.tell()
            if not self._is_whole(digest, size):
                file.seek(0)
                self._write(digest, _chunks(file))
        return ClaimCheck(reference=f"sha256:{digest}", sha256=digest, size=size)

    def has(self, digest: str) -> bool:
        """Whether a blob is there, by its sha256 in hex."""
        try:
            return bool(self._files.exists(self._path(digest)))
        except OSError as error:
            raise BlobError(f"blob store {self.url} does not answer: {error}") from error

    def _is_whole(self, digest: str, size: int) -> bool:
        """Whether a blob is there in its full length: a power cut may have left its name and none of its bytes."""
        try:
            return self.has(digest) and self._files.size(self._path(digest)) == size
        except OSError as error:
            raise BlobError(f"blob store {self.url} does not answer: {error}") from error

    def get(self, check: ClaimCheck) -> bytes:
        """The bytes, verified; BlobMissingError, BlobCorruptError or BlobError otherwise."""
        data = b"".join(self.open_range(check, 0))
        if len(data) != check.size or sha256(data).hexdigest() != check.sha256:
            raise BlobCorruptError(
                f"blob {check.reference} in {self.url}: {len(data)} bytes that are not what was stored"
            )
        return data

    def open_range(self, check: ClaimCheck, start: int) -> Iterator[bytes]:
        """The bytes from `start` on, in chunks, not verified: for downloads that resume."""
        try:
            with self._files.open(self._path(self._digest(check)), "rb") as file:
                file.seek(start)
                yield from _chunks(file)
        except FileNotFoundError as error:
            raise BlobMissingError(f"blob {check.reference} is not in {self.url}") from error
        except OSError as error:
            raise BlobError(f"blob {check.reference} can't be read from {self.url}: {error}") from error

    def _digest(self, check: ClaimCheck) -> str:
        match = _REFERENCE.fullmatch(check.reference)
        if match is None:
            raise BlobMissingError(f"{check.reference!r} is no blob reference: expected sha256:<64 hex digits>")
        return match[1]

    def _path(self, digest: str) -> str:
        # Two levels keep folders small: 10^7 blobs make 150 entries a folder.
        return f"{self._root}/{digest[:2]}/{digest[2:4]}/{digest}"

    def _write(self, digest: str, chunks: Iterator[bytes]) -> None:
        target = self._path(digest)
        partial = f"{target}.{uuid.uuid4().hex}.partial"
        try:
            self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
            with self._files.open(partial, "wb") as file:
                for chunk in chunks:
                    file.write(chunk)
            self._files.mv(partial, target)
        except OSError as error:
            self._discard(partial)
            raise BlobError(f"blob {digest} can't be written to {self.url}: {error}") from error

    def _discard(self, partial: str) -> None:
        if self._files.exists(partial):
            self._files.rm(partial)


def open_blobs(settings: Settings) -> BlobStore:
    """The blob store of these settings."""
    return BlobStore(settings.blob_url or (settings.data_dir / "blobs").absolute().as_posix())


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _digest_of(file: BinaryIO) -> str:
    digest = sha256()
    for chunk in _chunks(file):
        digest.update(chunk)
    return digest.hexdigest()
