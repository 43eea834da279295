"""Headers of every answer: what browsers may do with it. Also counts requests."""

import time
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from consumers.console.answering import unforeseen
from consumers.console.services import Services

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        # Mantine writes its theme into <style> elements at run time. Styles run nothing and, with every other source
        # closed, fetch nothing from elsewhere; scripts stay strictly ours (docs/decisions/0015).
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # browsers too old for frame-ancestors
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_TWO_YEARS_S: Final = 63_072_000
_UNKNOWN: Final = "other"


class AnswerHeaders:
    """ASGI middleware: security headers on everything, no caching of the API unless it says so itself, metrics."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = dict(_HEADERS)
        if https:
            self._headers["Strict-Transport-Security"] = f"max-age={_TWO_YEARS_S}; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, begun = time.monotonic(), False

        async def with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
                _count(scope, message["status"], time.monotonic() - started)
            await send(message)

        try:
            await self._app(scope, receive, with_headers)
        except Exception as error:
            answer = unforeseen(Request(scope), error)
            if begun:
                raise  # half an answer is out: the connection breaks
            await answer(scope, receive, with_headers)


def _count(scope: Scope, status: int, seconds: float) -> None:
    services: Services | None = getattr(scope["app"].state, "services", None) if "app" in scope else None
    if services is not None:
        route = route_template(scope)
        services.metrics.requests.labels(route, scope["method"] if route != _UNKNOWN else _UNKNOWN, status).inc()
        services.metrics.request_seconds.labels(route).observe(seconds)


def route_template(scope: Scope) -> str:
    """The path as the route spells it, such as /api/people/{name}: a closed set, unlike paths that clients make up."""
    route: Any = scope.get("route")
    path = getattr(route, "path", None)
    if path is None:
        return _UNKNOWN
    return path if path.startswith(("/api", "/healthz", "/readyz", "/metrics")) else f"/api{path}"
