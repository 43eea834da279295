"""Files behind a blob server (`linewatch blobs serve`): blobs alone, by their hash."""

import errno
import http.client
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from infra.blobs.files import CHUNK, Stat

SCHEMES: Final = ("http://", "https://")
_TIMEOUT: Final = 30.0  # seconds without a byte
_REFUSED: Final = (401, 403)
_FULL: Final = (413, 507)
_SAID_LIMIT: Final = 300
_NOT_HERE: Final = "a blob server {} nothing: set blob_url to the store itself, the folder or s3:// URL that it serves"


class HttpFiles:
    """Blobs of a blob server. A connection each request: they are few and large. Safe to share by threads."""

    def __init__(self, url: str, token: str | None) -> None:
        self._url: SplitResult = urlsplit(url)
        if not self._url.hostname:
            raise ValueError("it names no host")
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def stat(self, path: str) -> Stat | None:
        """What is there; None when nothing is."""
        with self._answer("HEAD", path) as answer:
            if answer.status == 404:
                return None
            self._check(answer)
            return Stat(path, int(answer.headers["Content-Length"]), _time(answer.headers["Last-Modified"]))

    def read(self, path: str, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start` on, in chunks; OSError when the connection ends before them."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        with self._answer("GET", path, headers) as answer:
            if answer.status == 404:
                raise FileNotFoundError(f"{path} is not there")
            if answer.status == 416:
                return  # nothing lies at or behind `start`
            self._check(answer)
            if start and answer.status != 206:
                raise OSError(f"asked for bytes from {start} on, got an answer {answer.status} to the whole")
            while chunk := answer.read(CHUNK):
                yield chunk
            if answer.length:
                raise OSError(f"the connection ended {answer.length} bytes early")

    def write(self, path: str, source: bytes | Path) -> None:
        """Upload; the server keeps only what hashes to its name."""
        body = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        with body, self._answer("PUT", path, {"Content-Length": str(size)}, body) as answer:
            self._check(answer)

    def touch(self, _path: str) -> bool:
        """A blob's time is that of its upload."""
        return False

    def list(self, _prefix: str = "") -> Iterator[Stat]:
        """A blob server tells nobody what it holds."""
        raise OSError(
            "a blob server lists nothing: set blob_url to the store itself, the folder or s3:// URL it serves"
        )

    def delete(self, _path: str) -> None:
        """A blob server removes nothing."""
        raise OSError(
            "a blob server removes nothing: set blob_url to the store itself, the folder or s3:// URL it serves"
        )

    @contextmanager
    def _answer(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: io.BufferedIOBase | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._url.hostname or "", self._url.port, timeout=_TIMEOUT)
        try:
            # `body` in blocks of http.client's own; the answer may come before all of it was taken (413, 507).
            target = f"{self._url.path.rstrip('/')}/{path}"
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, target, body, {**self._headers, **(headers or {})})
            yield connection.getresponse()
        except http.client.HTTPException as error:
            raise OSError(f"no usable answer: {error!r}") from error
        finally:
            connection.close()

    def _check(self, answer: http.client.HTTPResponse) -> None:
        if answer.status < 300:
            return
        said = answer.read(_SAID_LIMIT).decode(errors="replace").strip()
        if answer.status in _REFUSED:
            raise PermissionError(f"the blob server refused ({answer.status}): {said}; see setting blob_token")
        if answer.status in _FULL:
            raise OSError(errno.ENOSPC, f"the blob server has no room ({answer.status}): {said}")
        raise OSError(f"the blob server answered {answer.status}: {said}")


def _time(text: str | None) -> float:
    return parsedate_to_datetime(text).timestamp() if text else 0.0
