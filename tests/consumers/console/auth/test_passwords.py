"""Passwords: hashed by argon2id, and which ones are taken."""

from typing import Literal

import pytest
from argon2 import PasswordHasher

from consumers.console.auth.passwords import LONGEST, Passwords, checked_password
from consumers.console.errors import PeopleError
from tests.consumers.console.services import FAST_PASSWORDS


def test_the_right_password_and_no_other() -> None:
    kept = FAST_PASSWORDS.hash("correct horse")
    assert kept.startswith("$argon2id$")
    assert FAST_PASSWORDS.verify(kept, "correct horse")
    assert not FAST_PASSWORDS.verify(kept, "correct horsf")
    assert kept != FAST_PASSWORDS.hash("correct horse")


class CountingHasher(PasswordHasher):
    """Counts what it verifies."""

    verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2's own name
        self.verified += 1
        return super().verify(hash, password)


def test_nobody_has_no_password_but_is_checked_as_long() -> None:
    hasher = CountingHasher(time_cost=1, memory_cost=8, parallelism=1)
    assert not Passwords(hasher).verify(None, "nobody has this password")
    assert hasher.verified == 1


def test_a_broken_hash_and_an_endless_password_are_wrong() -> None:
    assert not FAST_PASSWORDS.verify("no hash", "x")
    long = "x" * (LONGEST + 50)
    assert not FAST_PASSWORDS.verify(FAST_PASSWORDS.hash(long), long)


def test_weaker_hashes_are_known() -> None:
    assert Passwords().outdated(FAST_PASSWORDS.hash("correct horse"))
    assert not FAST_PASSWORDS.outdated(FAST_PASSWORDS.hash("correct horse"))


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "5 characters"),
        ("x" * 300, "300 characters"),
        ("my name is ANN ok", "name"),
        ("ababababab", "repeats"),
    ],
)
def test_a_bad_one_is_refused_with_the_rule(password: str, why: str) -> None:
    with pytest.raises(PeopleError, match=why):
        checked_password(password, "ann")


def test_a_good_one_is_taken() -> None:
    assert checked_password("four unrelated words", "ann") == "four unrelated words"
