import os
from pathlib import Path

import pytest

from consumers.archive.errors import TokenError
from consumers.archive.tokens import TokenCheck, create_token, load_tokens, revoke_token, tokens_path


def test_a_token_allows_its_scopes_until_it_is_revoked(tmp_path: Path) -> None:
    path = tokens_path(tmp_path)
    check = TokenCheck(path)
    assert check.scopes("anything") is None
    reader, kept = create_token(path, ("read",), "edge 7")
    writer, _ = create_token(path, ("read", "write"))
    assert check.scopes(reader) == ("read",)
    assert check.scopes(writer) == ("read", "write")
    assert check.scopes(reader[:-1]) is None
    revoke_token(path, kept.token_id)
    assert check.scopes(reader) is None
    assert check.scopes(writer) == ("read", "write")
    assert [(one.note, one.revoked_at_us is None) for one in load_tokens(path)] == [("edge 7", False), ("", True)]


def test_the_secret_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    path = tokens_path(tmp_path)
    secret, _ = create_token(path, ("read",))
    assert secret not in path.read_text()
    assert len(secret) > 40
    if os.name != "nt":
        assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    path = tokens_path(tmp_path)
    with pytest.raises(TokenError, match="no token 'x'"):
        revoke_token(path, "x")
    path.parent.mkdir()
    path.write_text("{")
    with pytest.raises(TokenError, match="can't be read"):
        create_token(path, ("read",))
    with pytest.raises(TokenError):
        TokenCheck(path).scopes("x")
    (tmp_path / "file").touch()
    with pytest.raises(TokenError, match="can't be"):
        create_token(tmp_path / "file" / "tokens.json", ("read",))
