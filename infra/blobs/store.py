"""Content-addressed blobs below one URL."""

import errno
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import fsspec

from infra.blobs.errors import BlobCorruptError, BlobError, BlobFullError, BlobMissingError
from infra.blobs.files import Files, Stat, chunks, open_fsspec
from infra.blobs.folder import FolderFiles
from infra.blobs.objects import SCHEMES as OBJECT_SCHEMES
from infra.blobs.objects import ObjectFiles
from infra.blobs.over_http import SCHEMES as HTTP_SCHEMES
from infra.blobs.over_http import HttpFiles
from infra.settings import Settings
from schemas.records import ClaimCheck

_REFERENCE: Final = re.compile(r"sha256:([0-9a-f]{64})")
_BLOB: Final = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # a drive letter of Windows is none
FRESH_S: Final = 6 * 3600.0
"""A blob put again while older than this counts as just written, so that gc's grace age runs from its last use."""


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob as the store lists it."""

    digest: str  # sha256, 64 hex digits
    size: int  # bytes
    modified: float  # last written, Unix seconds

    @property
    def check(self) -> ClaimCheck:
        """How a message would refer to it."""
        return ClaimCheck(reference=f"sha256:{self.digest}", sha256=self.digest, size=self.size)


class BlobStore:
    """Content-addressed blobs below one URL; the same bytes are stored once. Safe to share between threads.

    A folder, `s3://bucket/prefix`, `http(s)://host` of a blob server (with `token`), or any URL of fsspec's.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self.holds_files = not url.startswith(HTTP_SCHEMES)
        try:
            self.files = _open_files(url, token)
        except (ImportError, ValueError) as error:
            hint = "; install linewatch[s3]" if isinstance(error, ImportError) else ""
            raise BlobError(f"blob_url {url!r} is not usable: {error}{hint}") from error
        self.url = url

    def put(self, data: bytes, *, anew: bool = False) -> ClaimCheck:
        """Store bytes; returns once they are there whole and durable. `anew`: over a damaged one as well."""
        return self._put(sha256(data).hexdigest(), len(data), data, anew=anew)

    def put_file(self, path: Path, *, anew: bool = False) -> ClaimCheck:
        """Store a file, chunk by chunk; `anew` as in `put`."""
        digest = sha256()
        with path.open("rb") as file:
            for chunk in chunks(file):
                digest.update(chunk)
            size = file.tell()
        return self._put(digest.hexdigest(), size, path, anew=anew)

    def has(self, digest: str) -> bool:
        """Whether a blob is there, by its sha256 in hex."""
        return self.find(digest) is not None

    def find(self, digest: str) -> StoredBlob | None:
        """A blob's size and time; None when it is not there."""
        with self._saying("does not answer"):
            stat = self.files.stat(self._path(digest))
        return None if stat is None else StoredBlob(digest, stat.size, stat.modified)

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
        path = self._path(self._digest(check))
        try:
            with self._saying(f"can't hand out blob {check.reference}"):
                yield from self.files.read(path, start)
        except FileNotFoundError as error:
            raise BlobMissingError(f"blob {check.reference} is not in {self.url}") from error

    def blobs(self) -> Iterator[StoredBlob]:
        """Every blob, in no order; BlobError for a blob server, which lists nothing."""
        with self._saying("can't be listed"):
            for stat in self.files.list():
                if match := _BLOB.fullmatch(stat.path):
                    yield StoredBlob(match[1], stat.size, stat.modified)

    def remove(self, digest: str) -> None:
        """Take a blob away; one that is gone already is no error."""
        with self._saying(f"can't remove blob {digest}"):
            self.files.delete(self._path(digest))

    def write_file(self, path: str, source: bytes | Path) -> None:
        """Store a file that is no blob, under a name below the store's URL; whole or not at all. BlobError."""
        if not self.holds_files:
            raise BlobError(f"{self.url} is a blob server and holds blobs only: set blob_url to the store itself")
        with self._saying(f"can't take {path}"):
            self.files.write(path, source)

    def list_files(self, folder: str) -> Iterator[Stat]:
        """Every file below a folder of the store, blobs too where there are any. Raises BlobError."""
        with self._saying(f"can't list {folder}"):
            yield from self.files.list(folder)

    def read_file(self, path: str) -> Iterator[bytes]:
        """A file that is no blob, in chunks. Raises FileNotFoundError, BlobError."""
        with self._saying(f"can't hand out {path}"):
            yield from self.files.read(path)

    def delete_file(self, path: str) -> None:
        """Remove a file that is no blob; one that is gone already is no error. Raises BlobError."""
        with self._saying(f"can't remove {path}"):
            self.files.delete(path)

    def has_file(self, path: str) -> bool:
        """Whether a file that is no blob is there. Raises BlobError."""
        with self._saying("does not answer"):
            return self.files.stat(path) is not None

    def _put(self, digest: str, size: int, source: bytes | Path, *, anew: bool = False) -> ClaimCheck:
        if anew or not self._is_kept(digest, size):
            with self._saying(f"can't be written: blob {digest}"):
                self.files.write(self._path(digest), source)
        return ClaimCheck(reference=f"sha256:{digest}", sha256=digest, size=size)

    def _is_kept(self, digest: str, size: int) -> bool:
        """Whether a blob is there in its full length (a power cut may have left its name and none of its bytes) and
        counts as in use from now on."""
        found = self.find(digest)
        if found is None or found.size != size:
            return False
        if time.time() - found.modified < FRESH_S:
            return True
        with self._saying("does not answer"):
            return self.files.touch(self._path(digest))

    def _digest(self, check: ClaimCheck) -> str:
        match = _REFERENCE.fullmatch(check.reference)
        if match is None:
            raise BlobMissingError(f"{check.reference!r} is no blob reference: expected sha256:<64 hex digits>")
        return match[1]

    def _path(self, digest: str) -> str:
        # Two levels keep folders small: 10^7 blobs make 150 entries a folder.
        return f"{digest[:2]}/{digest[2:4]}/{digest}" if self.holds_files else f"blobs/sha256/{digest}"

    @contextmanager
    def _saying(self, what: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            kind = BlobFullError if error.errno in (errno.ENOSPC, errno.EDQUOT) else BlobError
            raise kind(f"blob store {self.url} {what}: {error}") from error


def open_blobs(settings: Settings) -> BlobStore:
    """The blob store of these settings."""
    url = settings.blob_url or (settings.data_dir / "blobs").absolute().as_posix()
    return BlobStore(url, settings.blob_token.get_secret_value() if settings.blob_token else None)


def _open_files(url: str, token: str | None) -> Files:
    if url.startswith(HTTP_SCHEMES):
        return HttpFiles(url, token)
    if url.startswith(OBJECT_SCHEMES):
        return ObjectFiles(url)
    if url.startswith("file://") or not _URL.match(url):
        return FolderFiles(_folder(url))
    return open_fsspec(url)


def _folder(url: str) -> Path:
    """The folder of a path or a file:// URL, as fsspec reads it on this system."""
    return Path(fsspec.core.url_to_fs(url)[1])
