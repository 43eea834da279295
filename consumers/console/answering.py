"""Every failure as a problem document (RFC 9457), whoever raised it."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from consumers.console.database import is_refusal
from consumers.console.errors import (
    PROBLEM_TYPE,
    DatabaseUnusableError,
    NotPublishedError,
    PeopleError,
    ProblemError,
    problem_document,
)
from infra.errors import InfraError
from infra.kafka import BrokerAwayError

_LOG = logging.getLogger(__name__)
_CODES = {400: "wrong_input", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


def answer_problems(app: FastAPI) -> None:
    """Make an application answer every failure with a problem document."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _wrong_input)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(PeopleError, _people)
    for away in (NotPublishedError, BrokerAwayError):
        app.add_exception_handler(away, _broker_away)
    for unusable in (DBAPIError, DatabaseUnusableError):
        app.add_exception_handler(unusable, _database)
    app.add_exception_handler(InfraError, _infra)


def _answer(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(problem_document(status, code, detail), status, headers, media_type=PROBLEM_TYPE)


def _problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)  # noqa: S101 - registered for nothing else
    return JSONResponse(error.document(), error.status, error.headers, media_type=PROBLEM_TYPE)


def _wrong_input(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    return _answer(422, "wrong_input", "; ".join(_words(problem) for problem in error.errors()[:5]))


def _words(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    return f"{where}: {problem['msg']}"


def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    code = _CODES.get(error.status_code, "failed")
    return _answer(error.status_code, code, str(error.detail), dict(error.headers or {}))


def _people(_request: Request, error: Exception) -> JSONResponse:
    return _answer(422, "not_usable", str(error))


def _broker_away(_request: Request, error: Exception) -> JSONResponse:
    return _answer(503, "broker_away", str(error), {"Retry-After": "5"})


def _database(_request: Request, error: Exception) -> JSONResponse:
    if is_refusal(error):
        return _answer(422, "wrong_input", "the database refused a value: no text may hold a NUL character")
    _LOG.error("the database failed: %s", error)
    return _answer(503, "database_away", "the console's database does not answer: try again", {"Retry-After": "5"})


def _infra(request: Request, error: Exception) -> JSONResponse:
    _LOG.error("%s %s: %s", request.method, request.url.path, error)
    return _answer(503, "not_available", str(error), {"Retry-After": "5"})


def unforeseen(request: Request, error: Exception) -> JSONResponse:
    """The answer to an error that nobody foresaw, which is logged whole."""
    _LOG.error("%s %s failed: a bug in linewatch", request.method, request.url.path, exc_info=error)
    return _answer(500, "bug", "the console failed in a way nobody foresaw: its log says more; try again")
