"""The two cookies, and the headers that the pages send with them."""

from typing import Final

from fastapi import Response

from consumers.console.auth.secret_tokens import csrf_of, new_secret
from infra.settings import Settings

SESSION_COOKIE: Final = "linewatch_session"
CSRF_COOKIE: Final = "linewatch_csrf"
CSRF_HEADER: Final = "X-CSRF-Token"
PERSON_HEADER: Final = "X-Linewatch-Person"
"""Whose work a request carries: what a page kept of another person is refused, not taken for that of who is here."""
BACKGROUND_HEADER: Final = "X-Linewatch-Background"
"""On what a page asks by itself, such as every 30 s: it is no use of the session, which ends when nobody is there."""


def set_session(response: Response, settings: Settings, secret: str) -> None:
    """Give the browser a session and its CSRF token."""
    age = round(settings.console_session_hours * 3600)
    secure = settings.console_secure_cookies
    response.set_cookie(SESSION_COOKIE, secret, max_age=age, httponly=True, secure=secure, samesite="strict")
    set_csrf(response, settings, csrf_of(secret))


def set_csrf(response: Response, settings: Settings, csrf: str) -> None:
    """Give the browser a CSRF token, which the page reads and sends back as a header."""
    age = round(settings.console_session_hours * 3600)
    response.set_cookie(CSRF_COOKIE, csrf, max_age=age, secure=settings.console_secure_cookies, samesite="strict")


def clear_session(response: Response, settings: Settings) -> None:
    """Take the session back, and give a CSRF token for the next sign-in."""
    secure = settings.console_secure_cookies
    response.delete_cookie(SESSION_COOKIE, httponly=True, secure=secure, samesite="strict")
    set_csrf(response, settings, new_secret())
