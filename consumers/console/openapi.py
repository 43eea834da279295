"""The API's description, which the web pages' types are made from: `python -m consumers.console.openapi` prints it."""

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from consumers.console.auth.callers import Guard
from consumers.console.auth.cookies import CSRF_HEADER, PERSON_HEADER, SESSION_COOKIE
from consumers.console.errors import PROBLEM_TYPE, TITLES, Problem
from consumers.console.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Sequence

_REF: Final = "#/components/schemas/Problem"
_PROBLEM: Final = {PROBLEM_TYPE: {"schema": {"$ref": _REF}}}
_SCHEMES: Final = {
    "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
    "token": {"type": "http", "scheme": "bearer"},
}
_UNSAFE: Final = frozenset({"post", "put", "patch", "delete"})
_CSRF: Final = {
    "name": CSRF_HEADER,
    "in": "header",
    "required": False,
    "description": "The cookie linewatch_csrf again; not asked of service tokens.",
    "schema": {"type": "string"},
}
_PERSON: Final = {
    "name": PERSON_HEADER,
    "in": "header",
    "required": False,
    "description": "Whose work this is; 401 `other_person` when somebody else is signed in.",
    "schema": {"type": "string"},
}


def permission_of(route: APIRoute) -> Permission | None:
    """The permission that a route declares; None when it forgot to."""
    found = {guard.permission for guard in _guards(route.dependant)}
    return found.pop() if len(found) == 1 else None


def _guards(dependant: Dependant) -> Iterator[Guard]:
    for needed in dependant.dependencies:
        if isinstance(needed.call, Guard):
            yield needed.call
        yield from _guards(needed)


def declared(routers: "Sequence[tuple[str, APIRouter]]") -> dict[tuple[str, str], Permission | None]:
    """The permission of every (method in lower case, path); None where none, or several, are declared."""
    return {
        (method.lower(), prefix + route.path): permission_of(route)
        for prefix, router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


def describe(app: FastAPI, routers: "Sequence[tuple[str, APIRouter]]") -> None:
    """Make the application's OpenAPI document say what each route may answer, and whom it asks for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(app, declared(routers))
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _completed(app: FastAPI, permissions: dict[tuple[str, str], Permission | None]) -> dict[str, Any]:
    said: dict[str, Any] = get_openapi(
        title=app.title, version=app.version, description="The linewatch console's API.", routes=app.routes
    )
    components = said.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
    components["securitySchemes"] = _SCHEMES
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    for path, operations in said["paths"].items():
        for method, operation in operations.items():
            _complete(operation, method, permissions.get((method, path)) or Permission.PUBLIC)
    return said


def _complete(operation: dict[str, Any], method: str, permission: Permission) -> None:
    operation["x-permission"] = str(permission)
    if permission is not Permission.PUBLIC:
        only_people = permission is Permission.OWN_SESSION
        operation["security"] = [{"session": []}] if only_people else [{"session": []}, {"token": []}]
    if method in _UNSAFE:
        operation.setdefault("parameters", []).append(_CSRF)
        if permission is not Permission.PUBLIC:
            operation["parameters"].append(_PERSON)
    answers = operation["responses"]
    for status in _always(method, permission):
        answers.setdefault(str(status), {"description": TITLES[status], "content": _PROBLEM})
    for answer in answers.values():
        content = answer.get("content", {}).get("application/json", {})
        if str(content.get("schema", {}).get("$ref", "")).endswith(("/Problem", "/HTTPValidationError")):
            answer["content"] = _PROBLEM
    answers["422"] = {"description": TITLES[422], "content": _PROBLEM}


def _always(method: str, permission: Permission) -> list[int]:
    """The problems that every such route may answer with; every sign-in and every database may fail."""
    asked = [] if permission is Permission.PUBLIC else [401, 403]
    body = [400, 413] if method in _UNSAFE else []
    return sorted({*asked, *body, *([401, 403] if method in _UNSAFE else []), 422, 503})


def main() -> None:
    """Print the document."""
    from consumers.console.app import create_app
    from infra.settings import Settings

    json.dump(create_app(Settings()).openapi(), sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
