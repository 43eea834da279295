"""The blob server: blobs over HTTP, with ranges and tokens; streams, and keeps only what hashes to its name."""

import asyncio
import logging
import re
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from consumers.archive.errors import TokenError
from consumers.archive.http_range import Span, UnsatisfiableError, parse_range
from consumers.archive.server_metrics import ServerMetrics
from consumers.archive.tokens import Scope, TokenCheck
from infra.blobs import BlobError, BlobFullError, BlobMissingError, BlobStore, StoredBlob

logger = logging.getLogger(__name__)

SIZE_CAP: Final = 8 * 2**30
"""Bytes of a blob that the server takes, unless told otherwise."""
_LEFTOVER_S: Final = 86_400.0
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_BEARER: Final = re.compile(r"[Bb]earer +(\S+)")


class BlobServer:
    """The routes; `app` is what a web server runs."""

    def __init__(
        self, blobs: BlobStore, tokens: TokenCheck, metrics: ServerMetrics, spool: Path, size_cap: int = SIZE_CAP
    ) -> None:
        self._blobs, self._tokens, self._metrics = blobs, tokens, metrics
        self._spool, self._cap = spool, size_cap
        spool.mkdir(parents=True, exist_ok=True)
        for leftover in spool.iterdir():  # of uploads that a kill cut off; a server beside this one may be at work
            if leftover.stat().st_mtime < time.time() - _LEFTOVER_S:
                leftover.unlink(missing_ok=True)
        path = "/blobs/sha256/{digest}"
        self.app = Starlette(
            routes=[
                Route(path, self._get, methods=["GET", "HEAD"]),
                Route(path, self._put, methods=["PUT"]),
                Route("/health", self._health),
            ]
        )

    async def _health(self, _request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _get(self, request: Request) -> Response:
        answer = await self._refused(request, "read") or await self._found(request)
        self._metrics.requests.labels(request.method.lower(), str(answer.status_code)).inc()
        return answer

    async def _found(self, request: Request) -> Response:
        try:
            blob = await asyncio.to_thread(self._blobs.find, request.path_params["digest"])
            if blob is None:
                return _say(404, f"there is no blob sha256:{request.path_params['digest']}")
            return await self._content(request, blob)
        except BlobMissingError as error:
            return _say(404, str(error))
        except BlobError as error:
            logger.warning("%s", error)
            return _say(503, str(error))

    async def _content(self, request: Request, blob: StoredBlob) -> Response:
        etag = f'"{blob.digest}"'
        headers = {
            "ETag": etag,
            "Accept-Ranges": "bytes",
            "Content-Type": "application/octet-stream",
            "Last-Modified": formatdate(blob.modified, usegmt=True),
            # What a hash names never changes.
            "Cache-Control": "private, max-age=31536000, immutable",
        }
        if etag in [one.strip() for one in request.headers.get("If-None-Match", "").split(",")]:
            return Response(status_code=304, headers=headers)
        wanted = request.headers.get("Range") if request.headers.get("If-Range", etag) == etag else None
        try:
            span = parse_range(wanted, blob.size)
        except UnsatisfiableError as error:
            return _say(416, str(error), {"Content-Range": f"bytes */{blob.size}"})
        if span is not None:
            headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{blob.size}"
        part = span or Span(0, blob.size)
        headers["Content-Length"] = str(part.end - part.start)
        status = 200 if span is None else 206
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        # The first chunk is read here: what goes wrong with it can still be said.
        pieces = self._pieces(blob, part)
        first = await asyncio.to_thread(next, pieces, b"")
        return StreamingResponse(_streamed(first, pieces), status_code=status, headers=headers)

    def _pieces(self, blob: StoredBlob, part: Span) -> Iterator[bytes]:
        left = part.end - part.start
        for chunk in self._blobs.open_range(blob.check, part.start):
            piece = chunk[:left]
            left -= len(piece)
            self._metrics.sent_bytes.inc(len(piece))
            yield piece
            if not left:
                return

    async def _put(self, request: Request) -> Response:
        answer = await self._refused(request, "write") or self._too_large(request) or await self._taken(request)
        self._metrics.requests.labels("put", str(answer.status_code)).inc()
        return answer

    def _too_large(self, request: Request) -> Response | None:
        length = request.headers.get("Content-Length", "")
        if length.isdigit() and int(length) > self._cap:
            return _say(413, f"{length} bytes are more than the {self._cap} this server takes")
        return None

    async def _taken(self, request: Request) -> Response:
        digest = request.path_params["digest"]
        try:
            # In the spool first, so that the store sees nothing of what is cut off or is not what it says.
            with self._upload() as path:
                problem = await self._receive(request, path, digest)
                if problem is not None:
                    return problem
                known = await asyncio.to_thread(self._blobs.has, digest)
                # Anew: who sends a blob that is there may know that it is damaged.
                await asyncio.to_thread(self._blobs.put_file, path, anew=True)
        except ClientDisconnect:
            return _say(400, "the upload was cut off")
        except (BlobFullError, OSError) as error:
            logger.warning("an upload found no room: %s", error)
            return _say(507, f"no room: {error}")
        except BlobError as error:
            logger.warning("%s", error)
            return _say(503, str(error))
        return Response(status_code=200 if known else 201, headers={"ETag": f'"{digest}"'})

    @contextmanager
    def _upload(self) -> Iterator[Path]:
        path = self._spool / uuid.uuid4().hex
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    async def _receive(self, request: Request, path: Path, digest: str) -> Response | None:
        hashed, size = sha256(), 0
        with path.open("wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > self._cap:
                    return _say(413, f"more than the {self._cap} bytes this server takes")
                hashed.update(chunk)
                await asyncio.to_thread(file.write, chunk)
        self._metrics.received_bytes.inc(size)
        if hashed.hexdigest() != digest:
            return _say(422, f"these {size} bytes hash to {hashed.hexdigest()}, not to {digest}: nothing was kept")
        return None

    async def _refused(self, request: Request, scope: Scope) -> Response | None:
        """The answer to who may not do this, or asks for what can't be a blob; None for the rest."""
        match = _BEARER.fullmatch(request.headers.get("Authorization", ""))
        if match is None:
            return _say(401, "a token is needed: Authorization: Bearer ...", {"WWW-Authenticate": "Bearer"})
        try:
            scopes = await asyncio.to_thread(self._tokens.scopes, match[1])
        except TokenError as error:
            logger.warning("%s", error)
            return _say(503, "tokens can't be read: see this server's log")
        if scopes is None:
            return _say(401, "this token is unknown or revoked", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        if scope not in scopes:
            return _say(403, f"this token may not {scope}: it allows {', '.join(scopes)}")
        if not _DIGEST.fullmatch(request.path_params["digest"]):
            return _say(404, "a blob's name is 64 hex digits, in lower case")
        return None


async def _streamed(first: bytes, rest: Iterator[bytes]) -> AsyncIterator[bytes]:
    chunk = first
    while chunk:
        yield chunk
        chunk = await asyncio.to_thread(next, rest, b"")


def _say(status: int, words: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{words}\n", status_code=status, headers=headers)
