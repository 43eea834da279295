"""What can go wrong in the console, and how an HTTP client is told (RFC 9457 problem documents)."""

from typing import Any, Final

from pydantic import BaseModel, Field

from consumers.errors import ConsumersError

PROBLEM_TYPE: Final = "application/problem+json"


class ConsoleError(ConsumersError):
    """Base of every error that the console raises."""


class DatabaseUnusableError(ConsoleError):
    """The database can't be opened or is of a newer linewatch; correct database_url, or start the newer version."""


class ConsoleStartError(ConsoleError):
    """The console can't be served, such as when its port is taken; do as the message says."""


class PeopleError(ConsoleError):
    """A name, role or password of a person is not usable; the message says which and why."""


class NotPublishedError(ConsoleError):
    """Kafka did not acknowledge a record in time; nothing was changed, so the same may be tried again."""


class ProblemError(ConsoleError):
    """An answer other than success. Raise it anywhere below an endpoint: the client gets the problem document.

    `code` is a word for programs, `detail` says to a person what happened and what to do.
    """

    def __init__(
        self, status: int, code: str, detail: str, *, title: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.title = title or TITLES.get(status, "Failed")
        self.headers = headers or {}

    def document(self) -> dict[str, Any]:
        """The problem document as JSON values."""
        return problem_document(self.status, self.code, self.detail, self.title)


class Problem(BaseModel):
    """What went wrong and what to do about it (RFC 9457)."""

    type: str = Field("about:blank", description="`/problems/<code>`")
    title: str = Field(description="the kind of problem, in words")
    status: int = Field(ge=400, le=599, description="the HTTP status")
    detail: str = Field(description="what happened and what to do, for a person")
    code: str = Field(description="the kind of problem, for a program")


TITLES: Final = {
    400: "Bad request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    422: "Wrong input",
    429: "Too many requests",
    500: "Failed",
    503: "Not available now",
}


def problem_document(status: int, code: str, detail: str, title: str | None = None) -> dict[str, Any]:
    """A problem document as JSON values."""
    return {
        "type": f"/problems/{code}",
        "title": title or TITLES.get(status, "Failed"),
        "status": status,
        "detail": detail,
        "code": code,
    }


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What to give a route as `responses`, so that OpenAPI says which problems it answers with.

    401, 403 and 422 are added to every route by `consumers.console.openapi`; name only what is special.
    """
    return {status: {"model": Problem, "description": TITLES.get(status, "Failed")} for status in sorted(statuses)}
