"""The cookies' flags."""

from pathlib import Path

import pytest
from fastapi import Response

from consumers.console.auth.cookies import clear_session, set_session
from consumers.console.auth.secret_tokens import csrf_of
from infra.settings import Settings


@pytest.mark.parametrize("secure", [False, True])
def test_the_session_is_out_of_reach_of_scripts_and_other_sites(secure: bool, tmp_path: Path) -> None:
    response, settings = Response(), Settings(data_dir=tmp_path, console_secure_cookies=secure)
    set_session(response, settings, "secret")
    session, csrf = response.headers.getlist("set-cookie")
    assert session.startswith("linewatch_session=secret;")
    assert "HttpOnly" in session
    assert csrf.startswith(f"linewatch_csrf={csrf_of('secret')};")
    assert "HttpOnly" not in csrf
    for cookie in (session, csrf):
        assert "SameSite=strict" in cookie
        assert ("Secure" in cookie) is secure
        assert "Max-Age=43200" in cookie


def test_taking_them_back(tmp_path: Path) -> None:
    response = Response()
    clear_session(response, Settings(data_dir=tmp_path))
    session, csrf = response.headers.getlist("set-cookie")
    assert "Max-Age=0" in session
    assert "Max-Age=0" not in csrf, "the next sign-in needs one"
