"""Secrets and what is kept of them."""

from consumers.console.auth.secret_tokens import csrf_of, new_secret, same, secret_hash


def test_secrets_differ_and_are_long() -> None:
    made = {new_secret("lwt_") for _ in range(100)}
    assert len(made) == 100
    assert all(len(secret) >= 43 and secret.startswith("lwt_") for secret in made)


def test_what_is_kept_is_not_the_secret() -> None:
    assert secret_hash("a") != secret_hash("b")
    assert len(secret_hash("a")) == 64


def test_the_csrf_token_belongs_to_its_session_and_does_not_give_it_away() -> None:
    assert csrf_of("a") == csrf_of("a") != csrf_of("b")
    assert csrf_of("a") != secret_hash("a")


def test_comparing() -> None:
    assert same("ä", "ä")
    assert not same("a", "b")
