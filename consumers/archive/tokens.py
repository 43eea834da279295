"""Tokens of the blob server: hashed in data_dir/keys, with what they allow; revoked ones stay listed."""

import hmac
import os
import secrets
import threading
import time
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import msgspec

from consumers.archive.errors import TokenError

Scope = Literal["read", "write"]
SCOPES: Final[tuple[Scope, ...]] = ("read", "write")
FILE: Final = "blob-tokens.json"
_PREFIX: Final = "lwb_"


class Token(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One token. The secret itself is nowhere: it has 256 random bits, so its plain sha256 gives nothing away."""

    token_id: str
    sha256: str
    scopes: tuple[Scope, ...]
    note: str = ""
    created_at_us: int
    revoked_at_us: int | None = None


def tokens_path(data_dir: Path) -> Path:
    """Where the tokens of this machine lie."""
    return data_dir / "keys" / FILE


def load_tokens(path: Path) -> tuple[Token, ...]:
    """Every token ever made here; TokenError when the file can't be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[Token, ...])
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.DecodeError) as error:
        raise TokenError(f"{path} can't be read ({error}): restore it, or delete it and make new tokens") from error


def create_token(path: Path, scopes: tuple[Scope, ...], note: str = "") -> tuple[str, Token]:
    """Make a token; gives the secret, which is shown this once, and what is kept of it."""
    secret = _PREFIX + secrets.token_urlsafe(32)
    token = Token(
        token_id=secrets.token_hex(4), sha256=_hash(secret), scopes=scopes, note=note, created_at_us=_now_us()
    )
    _save(path, (*load_tokens(path), token))
    return secret, token


def revoke_token(path: Path, token_id: str) -> Token:
    """Never again accept a token; TokenError for an unknown id."""
    tokens = load_tokens(path)
    for token in tokens:
        if token.token_id == token_id:
            revoked = msgspec.structs.replace(token, revoked_at_us=token.revoked_at_us or _now_us())
            _save(path, tuple(revoked if one is token else one for one in tokens))
            return revoked
    raise TokenError(f"no token {token_id!r} in {path}: `linewatch blobs token list` shows them")


class TokenCheck:
    """Answers what a secret allows; follows the file as tokens come and go. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._tokens: tuple[Token, ...] = ()

    def scopes(self, secret: str) -> tuple[Scope, ...] | None:
        """What the secret allows, None when it is not a token of ours (any more). Raises TokenError."""
        given, found = _hash(secret), None
        for token in self._current():
            # Every one is compared, in constant time: how long it takes tells nothing.
            if hmac.compare_digest(token.sha256, given) and token.revoked_at_us is None:
                found = token
        return None if found is None else found.scopes

    def _current(self) -> tuple[Token, ...]:
        try:
            stat = self._path.stat()
            state = (stat.st_mtime_ns, stat.st_ino)
        except FileNotFoundError:
            state = (0, 0)
        with self._lock:
            if state != self._seen:
                self._tokens, self._seen = load_tokens(self._path), state
            return self._tokens


def _save(path: Path, tokens: tuple[Token, ...]) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(tokens)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise TokenError(f"{path} can't be written: {error}") from error


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _now_us() -> int:
    return time.time_ns() // 1000
