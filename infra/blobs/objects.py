"""Files on S3 and whatever else speaks its protocol, through obstore (extra `s3`).

Credentials and the address come from the usual environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION,
AWS_ENDPOINT_URL for a store that is not Amazon's.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from infra.blobs.files import CHUNK, Stat

SCHEMES: Final = ("s3://", "s3a://")
# obstore's own defaults try for three minutes; whoever waits for a store decides that himself.
_RETRIES: Final = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
_TIMEOUTS: Final = {"connect_timeout": timedelta(seconds=5), "read_timeout": timedelta(seconds=30)}
_S3_ERROR: Final = re.compile(r"<Code>(.*?)</Code>\s*<Message>(.*?)</Message>")
_REASON_LIMIT: Final = 300  # characters: obstore tells its whole configuration


class ObjectFiles:
    """Objects below a prefix. An upload, multipart above 5 MB, shows only once it is complete."""

    def __init__(self, url: str) -> None:
        import obstore
        from obstore.store import from_url

        # As Any: its overloads describe every store there is.
        self._obstore: Any = obstore
        open_url: Any = from_url
        # A store inside a plant often has no certificate; its address then says so.
        client = {**_TIMEOUTS, "allow_http": os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")}
        try:
            self._store: Any = open_url(url, client_options=client, retry_config=_RETRIES)
        except obstore.exceptions.BaseError as error:
            raise ValueError(_short(error)) from error

    def stat(self, path: str) -> Stat | None:
        """What is there; None when nothing is."""
        try:
            with self._as_os_error():
                return _stat(self._obstore.head(self._store, path))
        except FileNotFoundError:
            return None

    def read(self, path: str, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start` on, in chunks."""
        with self._as_os_error():
            if start and start >= self._obstore.head(self._store, path)["size"]:
                return  # an empty range is an error to S3
            options = {"range": {"offset": start}} if start else {}
            for chunk in self._obstore.get(self._store, path, options=options).stream(min_chunk_size=CHUNK):
                yield bytes(chunk)

    def write(self, path: str, source: bytes | Path) -> None:
        """Upload; what fails on the way is aborted and never shows."""
        with self._as_os_error():
            self._obstore.put(self._store, path, source)

    def touch(self, _path: str) -> bool:
        """An object's time is that of its upload."""
        return False

    def list(self, prefix: str = "") -> Iterator[Stat]:
        """Every object below a prefix."""
        with self._as_os_error():
            for batch in self._obstore.list(self._store, prefix=prefix or None):
                yield from map(_stat, batch)

    def delete(self, path: str) -> None:
        """Remove an object."""
        with self._as_os_error(), suppress(self._obstore.exceptions.NotFoundError):
            self._obstore.delete(self._store, path)

    @contextmanager
    def _as_os_error(self) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, self._obstore.exceptions.NotFoundError) as error:
            # A bucket that is not there must not pass for a blob that is not there.
            kind = OSError if "NoSuchBucket" in str(error) else FileNotFoundError
            raise kind(_short(error)) from error
        except self._obstore.exceptions.BaseError as error:
            raise OSError(_short(error)) from error


def _stat(meta: Any) -> Stat:
    return Stat(str(meta["path"]), int(meta["size"]), meta["last_modified"].timestamp())


def _short(error: Exception) -> str:
    told = _S3_ERROR.search(str(error))
    reason = f"{told[1]}: {told[2]}" if told else " ".join(str(error).split("\n\nDebug source")[0].split())
    return reason if len(reason) <= _REASON_LIMIT else f"{reason[:_REASON_LIMIT]}..."
