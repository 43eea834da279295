"""The web pages: files built by Vite, and index.html for every address that a page of the application has."""

import mimetypes
from pathlib import Path, PurePosixPath
from typing import Final

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from consumers.console.errors import ProblemError

FOLDER: Final = Path(__file__).parent / "static"
_HASHED: Final = "assets"  # where Vite puts files whose names hold their content's hash
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"
_NOT_THERE: Final = (
    "<!doctype html><title>linewatch</title><p>The console runs, but its pages were not built: "
    "run <code>make web</code>, then load this page again. The API is at <code>/api</code>."
)
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))


def serve_pages(app: FastAPI, folder: Path = FOLDER) -> None:
    """Serve the files below `folder`, and index.html for what is no file; call it last, after every route."""

    @app.get("/{path:path}", include_in_schema=False)
    async def page(path: str, request: Request) -> Response:
        if path == "api" or path.startswith("api/"):
            raise ProblemError(404, "not_found", f"there is no /{path}: see /api/openapi.json")
        return await anyio.to_thread.run_sync(_answer, folder, path, request.headers.get("accept-encoding", ""))


def _answer(folder: Path, path: str, accepted: str) -> Response:
    found = _file(folder, path)
    if found is not None:
        hashed = PurePosixPath(path).parts[0] == _HASHED
        return _sent(found, accepted, _FOR_EVER if hashed else _ASK_AGAIN)
    if PurePosixPath(path).suffix or not (folder / "index.html").is_file():
        if PurePosixPath(path).suffix:
            raise ProblemError(404, "not_found", f"there is no file /{path}")
        return HTMLResponse(_NOT_THERE, 503, {"Cache-Control": "no-store"})
    return _sent(folder / "index.html", accepted, _ASK_AGAIN)


def _file(folder: Path, path: str) -> Path | None:
    """The file that a path names; None for none, for hidden ones, and for whatever lies outside the folder."""
    parts = PurePosixPath(path).parts
    if not parts or "\x00" in path or any(part.startswith(".") for part in parts) or path.startswith("/"):
        return None
    found = folder.joinpath(*parts)
    return found if found.is_file() and found.resolve().is_relative_to(folder.resolve()) else None


def _sent(file: Path, accepted: str, caching: str) -> Response:
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
    for encoding, suffix in _ENCODINGS:
        packed = file.with_name(file.name + suffix)
        if encoding in accepted and packed.is_file():
            return FileResponse(packed, media_type=kind, headers={**headers, "Content-Encoding": encoding})
    return FileResponse(file, media_type=kind, headers=headers)
