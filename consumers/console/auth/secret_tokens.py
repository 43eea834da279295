"""Random secrets that a client holds and the console knows only by their sha256."""

import hmac
import secrets
from hashlib import sha256
from typing import Final

SERVICE_PREFIX: Final = "lwt_"
"""Service tokens start with it, so that people and secret scanners know one when they see it."""


def new_secret(prefix: str = "") -> str:
    """A new secret of 256 random bits, fit for a cookie, a header and a URL."""
    return prefix + secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """How a secret is kept: 64 hex digits. Plain sha256 is enough for 256 random bits: there is nothing to guess."""
    return sha256(secret.encode()).hexdigest()


def csrf_of(session_token: str) -> str:
    """The CSRF token of a session: derived from its secret, so that nobody plants one of his own."""
    return hmac.new(session_token.encode(), b"linewatch csrf", sha256).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
