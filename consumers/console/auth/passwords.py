"""Passwords: argon2id (RFC 9106), and which ones are taken."""

import threading
from typing import Final, NewType

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError, VerificationError

from consumers.console.errors import PeopleError

SHORTEST: Final = 10
LONGEST: Final = 256  # argon2 would take more; nobody types it, and hashing megabytes for strangers is a gift to them
# One hash takes 64 MiB (argon2-cffi's default, RFC 9106's second choice): so many at once, the rest wait.
_AT_ONCE: Final = 2
PasswordHash = NewType("PasswordHash", str)
"""What is kept of a password. Made before a transaction begins: it takes long on purpose, and writers would wait."""


class Passwords:
    """Hashes and checks passwords; a check of an unknown person costs as much as one of a known one."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = threading.BoundedSemaphore(_AT_ONCE)
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> PasswordHash:
        """The argon2id hash of an acceptable password, salted anew each time."""
        with self._turn:
            return PasswordHash(self._hasher.hash(password))

    def accept(self, password: str, name: str) -> PasswordHash:
        """The hash of a new password of somebody; PeopleError with the rule when it may not be theirs."""
        return self.hash(checked_password(password, name))

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether `password` is the one behind the hash `kept`; None stands for nobody and is always wrong."""
        with self._turn:
            try:
                return self._hasher.verify(kept or self._nobody, password[: LONGEST + 1]) and kept is not None
            except (VerificationError, InvalidHashError, Argon2Error):
                return False

    def outdated(self, kept: str) -> bool:
        """Whether a hash was made with weaker parameters than today's, so that a sign-in should renew it."""
        return self._hasher.check_needs_rehash(kept)


def checked_password(password: str, name: str) -> str:
    """The password when it may be somebody's; PeopleError with the rule otherwise."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise PeopleError(
            f"the password has {len(password)} characters; give it {SHORTEST} to {LONGEST}, such as four words"
        )
    if name.casefold() in password.casefold():
        raise PeopleError("the password holds the person's name; choose one that nobody guesses")
    if len(set(password)) < 4:
        raise PeopleError("the password repeats a few characters; choose one that nobody guesses")
    return password
